"""What administrators do on any day: on demand, preview, restore, and the leaver question."""

from pathlib import Path
from typing import Final

from playwright.async_api import expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.test_flow_explain import accounts_by_name
from tests.browser.worlds import APP, QUARANTINED, changed

from seatkeeper.cli.sample_company import sample_edits

expect.set_options(timeout=PATIENCE_MS)

SOMEBODY: Final = sample_edits().title_of
TITLE: Final = "Keeper of the keys"
AT_LARKSPUR: Final = 'Append([jobTitle], " at Larkspur")'


async def test_one_person_is_provisioned_on_demand_after_a_look_at_the_plan(
    lively: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(lively, "operator"), lively.site)
    page, name = window.page, SOMEBODY.partition("@")[0]
    await changed(lively.server.home, lively.facts.ids[name], jobTitle=TITLE)
    await window.visit(f"/apps/{APP}")

    await page.get_by_role("link", name="Provision on demand").click()
    await page.get_by_label("Whom").fill(SOMEBODY)
    await page.get_by_role("button", name="See what would happen").click()
    await expect(page.locator("#person")).to_contain_text(TITLE)
    await page.get_by_role("button", name="Make this 1 change").click()

    await expect(page.get_by_text("This plan was carried out")).to_be_visible()
    await page.get_by_role("link", name="See what was sent").click()
    await expect(page.get_by_role("table")).to_contain_text(TITLE)
    assert (await accounts_by_name(lively))[SOMEBODY]["title"] == TITLE
    assert await window.look() == []


async def test_a_changed_mapping_is_seen_as_a_plan_before_it_is_saved(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(lively), lively.site)
    page = window.page
    await window.visit(f"/apps/{APP}/mappings/users/title")
    await expect(page.get_by_text("This app is on")).to_be_visible()

    await page.get_by_role("radio", name="Expression").check()
    await page.get_by_role("textbox", name="Expression").fill(AT_LARKSPUR)
    await page.get_by_role("button", name="Save mapping").click()

    await expect(page.get_by_text("The change, not saved yet")).to_be_visible()
    await expect(page.get_by_role("button", name="Save this change")).to_be_visible()
    await page.screenshot(path=screenshots / "proposal.png", full_page=True)
    await expect(page.locator(".cause").first).to_contain_text("title")
    await page.get_by_label("Show only").get_by_role("link", name="Update").click()
    await expect(page.locator("#person")).to_contain_text("PATCH /Users/")
    assert "at Larkspur" not in str(await accounts_by_name(lively))
    await page.get_by_role("link", name="Don't save").click()
    await expect(page.get_by_role("table").first).not_to_contain_text("at Larkspur")
    assert await window.look() == []


async def test_an_earlier_version_is_read_restored_and_leads_to_its_plan(
    lively: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(lively), lively.site)
    page, every = window.page, window.page.locator("[name=every]")
    await window.visit(f"/apps/{QUARANTINED}/settings")
    before, version = await every.input_value(), await page.locator("[name=version]").input_value()
    await every.fill("5h")
    await page.get_by_role("button", name="Save settings").click()
    newest = page.get_by_role("table").get_by_role("row").nth(1)
    await expect(newest).to_contain_text("5h")

    await page.get_by_role("button", name=f"Restore {version}", exact=True).click()

    await expect(page.get_by_role("status").first).to_contain_text("Saved as version")
    await expect(every).to_have_value(before)
    await expect(newest).to_contain_text("in force")
    await page.get_by_role("link", name="See the plan").click()
    await expect(page.get_by_text("See what will happen before it does")).to_be_visible()
    assert await window.look() == []


async def test_who_took_the_access_of_somebody_who_left_is_two_steps_away(
    lively: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(lively, "viewer"), lively.site)
    page, name = window.page, sample_edits().disabled.partition("@")[0]
    await window.visit("/")

    await page.get_by_role("searchbox", name="Search everything").fill(name.partition(".")[2][:5])
    await page.keyboard.press("Enter")
    await page.locator(f"a[href='/apps/{APP}/people/{lively.facts.ids[name]}']").click()

    await expect(page.locator(".answer")).to_contain_text("disabled")
    await expect(page.locator("main")).to_contain_text("by test")
    assert await window.look() == []
