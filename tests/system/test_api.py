"""The HTTP API as its callers reach it: signed in by Cognito, through the deployed gateway."""

import time
from typing import Any

import pytest

from courtesy_local.demo import answers
from courtesy_local.demo.works import Works

pytestmark = pytest.mark.system

WITHIN = 300.0


@pytest.fixture(scope="module")
def known(works: Works) -> Any:
    """The customer with the most contacts, and an e-mail address."""
    profiles = [p for p in works.profiles() if "email" in p.values]
    return max(profiles, key=lambda p: (len(p.contacts), p.customer_id))


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/customers/cabc"), ("POST", "/customers/find"), ("POST", "/cycles"), ("GET", "/sources")],
)
def test_without_a_token_nothing_is_shown(works: Works, method: str, path: str) -> None:
    assert works.stack.http(method, path, body={} if method == "POST" else None).status == 401


def test_a_wrong_token_is_no_token(works: Works) -> None:
    headers = {"Authorization": "Bearer not.a.token"}
    assert works.stack.http("GET", "/sources", headers=headers).status == 401


def test_a_customer_is_found_shown_and_explained(works: Works, known: Any) -> None:
    sought = {"email": known.values["email"].value}
    found = works.stack.http("POST", "/customers/find", body=sought, role="agent")
    assert found.status == 200
    assert known.customer_id in found.json()["customers"]
    shown = works.stack.http("GET", f"/customers/{known.customer_id}", role="agent").json()
    assert shown["customer_id"] == known.customer_id
    assert {"values", "segments", "permissions", "timeline"} <= set(shown)
    told = works.stack.http("GET", f"/customers/{known.customer_id}/explain", role="agent").json()
    assert told["decisions"], "somebody with contacts has decisions"
    trigger = told["decisions"][0]["trigger"]
    path = f"/customers/{known.customer_id}/explain?trigger={trigger}"
    one = works.stack.http("GET", path, role="agent").json()
    assert {decision["trigger"] for decision in one["decisions"]} == {trigger}


def test_nobody_is_a_problem_document(works: Works) -> None:
    answer = works.stack.http("GET", f"/customers/c{'a' * 26}", role="agent")
    assert answer.status == 404
    assert answer.json()["title"]
    assert "application/problem+json" in {k.lower(): v for k, v in answer.headers.items()}["content-type"]


def test_a_cycle_is_started_and_reports(works: Works) -> None:
    started = works.stack.http("POST", "/cycles", body={"name": "by-api"}, role="marketer")
    assert started.status == 202
    cycle_id = started.json()["cycle_id"]
    until = time.monotonic() + WITHIN
    while (standing := works.stack.http("GET", f"/cycles/{cycle_id}", role="marketer").json())[
        "status"
    ] == "running":
        assert time.monotonic() < until
        time.sleep(0.5)
    assert standing["status"] == "succeeded"
    decided = standing["report"]["decisions"]
    assert decided["proposed"] == sum(decided[end] for end in ("reserved", "held", "suppressed", "control"))


def test_the_files_of_a_source_are_listed_with_their_balance(works: Works) -> None:
    listed = works.stack.http("GET", "/sources/parts_shop_orders/files", role="engineer").json()
    assert listed["files"]
    for file in listed["files"]:
        rows = file["rows"]
        assert rows["in"] == rows["loaded"] + rows["unchanged"] + rows["quarantined"]


def test_the_description_is_served_to_anybody(works: Works) -> None:
    document = works.stack.http("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/customers/{customer_id}" in document["paths"]


def test_looking_at_the_unsubscribe_page_changes_nothing_and_posting_withdraws(works: Works) -> None:
    said_no = {contact.address for _, contact in works.contacts() if contact.state == "complained"}
    sent = {c.provider_id: (id_, c) for id_, c in works.contacts() if c.address not in said_no}
    message = next(
        m
        for m in reversed(works.stack.sent_mail())
        if m["MessageId"] in sent and answers.unsubscribe_path(m) and "simulator" not in m["To"][0]
    )
    customer_id, contact = sent[message["MessageId"]]
    path = answers.unsubscribe_path(message)
    assert path is not None

    def withdrawn() -> int:
        events = works.timeline(customer_id)
        return sum(e.source == "courtesy" and getattr(e, "status", "") == "withdrawn" for e in events)

    before = withdrawn()
    page = works.stack.http("GET", path)
    assert (page.status, b"<form" in page.body, withdrawn()) == (200, True, before)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert works.stack.http("POST", path, body=answers.ONE_CLICK, headers=form).status == 200
    after = withdrawn()
    assert after >= 1
    profile = works.profile(customer_id)
    held = [p for p in profile.permissions if p.channel == "email" and p.division in ("*", contact.division)]
    assert any(p.status == "withdrawn" for p in held)
