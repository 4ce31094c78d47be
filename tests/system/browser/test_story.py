"""The whole path of a trigger, each step by the person whose it is: draft, audience, rehearsal, approval, cycle, contact, complaint."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from courtesy_local.demo.works import Works
from tests.system.browser.conftest import SLOW, Person

pytestmark = pytest.mark.system

TRIGGER, LABEL = "harvest_hello", "Harvest hello"


def say(page: Page, text: str) -> None:
    """Wait for the line at the foot of the page."""
    expect(page.locator("#said")).to_contain_text(text, timeout=2 * SLOW)


def confirm(page: Page, button: str) -> None:
    """Press a button that asks first, and agree."""
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


def decided(works: Works, outcome: str) -> list[str]:
    """Customers for whom the latest cycle decided so about the trigger."""
    path = f"/decisions?trigger={TRIGGER}&outcome={outcome}"
    found = works.stack.http("GET", path, role="approver").json()
    return [each["customer_id"] for each in found["decisions"]]


@pytest.fixture(scope="module", autouse=True)
def nothing_leaves(works: Works) -> Iterator[None]:
    """Release rests meanwhile, so that what a cycle plans still waits when the agent speaks with the customer."""
    with works.resting("release"):
        yield


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What the steps leave for each other."""
    return {}


def test_a_marketer_drafts_a_trigger_sees_audience_and_rehearsal_and_submits(
    person: Person, told: dict[str, str]
) -> None:
    marketer = person("marketer")
    page = marketer.open("triggers/new")
    page.get_by_label("Name", exact=True).fill(LABEL)
    page.get_by_label("Short name").fill(TRIGGER)
    page.get_by_label("Division", exact=True).select_option("cars")
    page.get_by_label("Category").select_option("relationship")
    page.get_by_label("Priority").fill("5")
    criteria = page.get_by_role("textbox", name="Criteria")
    criteria.click()
    page.keyboard.type("lifecycel = 'new'")
    expect(page.locator("#audience")).to_contain_text("Did you mean “lifecycle”?", timeout=SLOW)
    criteria.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("purchase_days >= 1")
    page.keyboard.press("Escape")
    expect(page.locator("#audience")).to_have_text(
        re.compile(r"^[1-9]\d* customers? of \d+ in cars"), timeout=SLOW
    )
    page.get_by_role("button", name="Rehearse two weeks").click()
    expect(page.locator("#rehearsal")).to_contain_text(LABEL.split()[0], timeout=SLOW)
    page.get_by_role("button", name="Submit for approval").click()
    page.wait_for_url(re.compile("#rulebook/drafts/"), timeout=SLOW)
    expect(page.locator("#steps")).to_contain_text("waits for", timeout=SLOW)
    assert page.get_by_role("button", name="Approve").count() == 0, "nobody approves their own draft"
    told["draft"] = page.url.rpartition("/")[2]


def test_an_approver_sees_the_change_approves_and_publishes(
    person: Person, works: Works, told: dict[str, str]
) -> None:
    page = person("approver").open(f"rulebook/drafts/{told['draft']}")
    expect(page.get_by_role("region", name="Changes")).to_contain_text(TRIGGER)
    page.get_by_role("button", name="Approve").click()
    say(page, "Approved")
    confirm(page, "Publish")
    say(page, "Published")
    inforce = works.stack.http("GET", "/triggers", role="marketer").json()["triggers"]
    assert TRIGGER in {each["id"] for each in inforce}


def test_a_cycle_runs_and_says_what_it_decided(person: Person, works: Works) -> None:
    page = person("marketer").open("today")
    confirm(page, "Start a cycle")
    say(page, "The cycle has ended")
    assert decided(works, "reserved"), "somebody gets it"
    assert decided(works, "held") or decided(works, "suppressed") or decided(works, "control"), (
        "somebody does not"
    )


def test_the_customer_s_page_shows_the_contact_and_another_s_why_not(person: Person, works: Works) -> None:
    agent = person("agent")
    page = agent.open(f"customer/{decided(works, 'reserved')[0]}")
    expect(page.get_by_role("region", name="Contacts")).to_contain_text(LABEL)
    outcome, other = next(
        (o, found[0]) for o in ("held", "suppressed", "control") if (found := decided(works, o))
    )
    page = agent.open(f"customer/{other}/why")
    # Another trigger's card may name it too, as what it competed with: the heading says whose card it is.
    entry = page.locator("li.card").filter(has=page.get_by_role("heading", name=LABEL, exact=True))
    expect(entry).to_contain_text(outcome)
    expect(entry).to_contain_text(re.compile(r"because|control", re.IGNORECASE))
    contacts = agent.open(f"customer/{other}").get_by_role("region", name="Contacts")
    assert contacts.count() == 0 or LABEL not in contacts.inner_text()


def test_a_dealer_edits_its_block_and_cannot_see_another_s(person: Person, works: Works) -> None:
    dealer = person("dealer")
    page = dealer.open("blocks")
    words = "Our workshop is open on Saturdays now."
    page.get_by_label("Your words").fill(words)
    page.get_by_role("button", name="See how it looks").click()
    expect(page.frame_locator("iframe.preview").locator("body")).to_contain_text(words, timeout=SLOW)
    page.get_by_role("button", name="Hand in for approval").click()
    say(page, "once the client has approved")
    expect(page.locator(".card", has_text=words).first).to_contain_text("waiting")
    mine = works.stack.http("GET", "/me", role="dealer").json()["dealers"]
    other = "D025" if "D025" not in mine else "D024"
    dealer.may_be_refused(f"/dealers/{other}/blocks")
    page = dealer.open(f"blocks/{other}")
    expect(page.get_by_role("alert")).to_contain_text("There is no such thing")

    page = person("approver").open("blocks")
    page.locator(".card", has_text=words).get_by_role("button", name="Approve").click()
    say(page, "Approved")


def test_an_agent_records_a_complaint_and_the_blocked_mail_is_gone_from_the_plan(
    person: Person, works: Works
) -> None:
    planned = [c for c in decided(works, "reserved") if _waits(works, c)]
    assert planned, "somebody's contact has not left yet"
    agent = person("agent", width=390, height=844)
    page = agent.open(f"customer/{planned[0]}/record")
    form = page.locator("form[data-record=cases]")
    form.get_by_label("Division").select_option("cars")
    form.get_by_label("About").fill("late delivery")
    form.get_by_role("button", name="Record it").click()
    say(page, "stopped")
    page = agent.open(f"customer/{planned[0]}")
    expect(page.locator("main")).to_contain_text("open complaint")
    expect(page.locator("main")).to_contain_text("No advertising at present")
    row = page.get_by_role("region", name="Contacts").locator("tr", has_text=LABEL).first
    expect(row).to_contain_text("cancelled")
    assert not _waits(works, planned[0])


def _waits(works: Works, customer_id: str) -> bool:
    """Whether the trigger's contact is still planned, by what stands on the timeline."""
    return any(c.trigger == TRIGGER and c.state == "reserved" for c in works.profile(customer_id).contacts)


def test_what_is_shown_is_what_is_stored(works: Works) -> None:
    """The story left a version of the rulebook that says who wrote it and who approved it."""
    versions = works.stack.http("GET", "/rulebook/versions", role="approver").json()
    assert versions["current"] >= 2, json.dumps(versions)
