"""Two people decide in two windows about the same removals: the second reads what was decided."""

from playwright.async_api import expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.worlds import SIGN_INS

expect.set_options(timeout=PATIENCE_MS)


async def test_the_second_window_is_told_what_the_first_decided(
    larkspur: World, opens: Opens
) -> None:
    first = await Watched.open(await opens(larkspur, "app admin"), larkspur.site)
    second = await Watched.open(await opens(larkspur, "operator"), larkspur.site)
    address = f"/approvals/{larkspur.facts.blanks['approval']}"
    for window in (first, second):
        await window.visit(address)
        await window.page.get_by_role("checkbox", name="Select").nth(1).check()
        await window.page.get_by_label("Why").fill("a wrong click in Marketing")

    await first.page.get_by_role("button", name="Keep the accounts selected").click()
    await expect(first.page.get_by_role("status").first).to_contain_text("Kept")
    await second.page.get_by_role("button", name="Take access from those selected").click()

    alert = second.page.get_by_role("alert")
    await expect(alert).to_contain_text(SIGN_INS["app admin"])
    await expect(alert).to_contain_text("a wrong click in Marketing")
    await expect(alert).to_contain_text("The first decision stands")
    assert await second.axe() == []
    assert [one for one in await second.look() if "409" not in one] == []
