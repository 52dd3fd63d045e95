"""A connection is tested while somebody looks on: its lines come by themselves."""

from playwright.async_api import expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.worlds import APP, QUARANTINED

expect.set_options(timeout=PATIENCE_MS)


async def test_the_lines_of_a_test_come_without_a_reload(larkspur: World, opens: Opens) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    await window.visit(f"/apps/{APP}/connection")
    await window.run("window.stayed = true")

    await window.page.get_by_role("button", name="Test connection").click()

    trial = window.page.locator("#trial")
    await expect(trial).to_contain_text("This connection works")
    await expect(trial.get_by_role("listitem")).to_have_count(8)
    assert await window.run("window.stayed") is True
    assert await window.axe() == []
    assert await window.look() == []


async def test_a_refused_token_says_what_to_do_in_its_line(larkspur: World, opens: Opens) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    await window.visit(f"/apps/{QUARANTINED}/connection")

    await window.page.get_by_role("button", name="Test connection").click()

    trial = window.page.locator("#trial")
    await expect(trial).to_contain_text("This connection cannot be used yet")
    await expect(trial).to_contain_text("Generate a new token in the app")
    assert await window.axe() == []
    assert await window.look() == []


async def test_without_javascript_the_page_answers_when_the_test_has_ended(
    larkspur: World, opens: Opens
) -> None:
    context = await opens(larkspur, java_script_enabled=False)
    window = await Watched.open(context, larkspur.site)
    await window.visit(f"/apps/{APP}/connection")

    await window.page.get_by_role("button", name="Test connection").click()

    await expect(window.page.locator("#trial")).to_contain_text("This connection works")


async def test_what_was_typed_and_not_saved_is_asked_about(larkspur: World, opens: Opens) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    await window.visit(f"/apps/{APP}/connection")
    asked: list[str] = []

    async def stay(dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    window.page.on("dialog", stay)
    await window.page.get_by_label("E-mail addresses").fill("somebody@larkspur.example")
    await window.page.get_by_role("link", name="Gallery", exact=True).click()
    await window.page.wait_for_url("**/gallery")

    assert asked == ["beforeunload"]
