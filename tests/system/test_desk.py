"""What people decide at the API and what happens by the clock reaches every store: deployed roles must allow it, only a stack can tell."""

import json
import time
from typing import Any

import pytest

from courtesy.timeline.events import SourceRecord, event_key
from courtesy_local.demo.works import Works

pytestmark = pytest.mark.system

WITHIN = 300.0


def shown(works: Works, customer_id: str) -> dict[str, Any]:
    """A customer as somebody sees it whom no division binds."""
    answer = works.stack.http("GET", f"/customers/{customer_id}", role="privacy_officer")
    assert answer.status == 200, (customer_id, answer.body)
    found: dict[str, Any] = answer.json()
    return found


def test_two_customers_are_merged_found_by_either_id_and_split_again(works: Works) -> None:
    known = [profile for profile in works.profiles() if profile.records and not profile.privacy]
    one, two = sorted(known, key=lambda profile: (profile.records, profile.customer_id))[:2]
    held = {id_: set(shown(works, id_)["records"]) for id_ in (one.customer_id, two.customer_id)}
    body = {"one": one.customer_id, "two": two.customer_id}

    merged = works.stack.http("POST", "/customers/merge", body=body, role="engineer")
    assert merged.status == 200, merged.body
    kept = merged.json()["customer_id"]
    (gone,) = held.keys() - {kept}
    for asked in held:
        assert shown(works, asked)["customer_id"] == kept
        assert set(shown(works, asked)["records"]) == held[kept] | held[gone]
    assert works.timeline(gone) == [], "all of it moved"

    apart = {"records": sorted(held[gone])}
    split = works.stack.http("POST", f"/customers/{kept}/split", body=apart, role="engineer")
    assert split.status == 200, split.body
    homes = split.json()["customers"]
    for records in held.values():
        (home,) = {homes[record] for record in records}
        assert set(shown(works, home)["records"]) == records

    moved = next(e for e in works.timeline(gone) if isinstance(e, SourceRecord))
    told = {"customer_id": kept, "keys": [event_key(moved)], "records": apart["records"]}
    message = {"messageId": "m-split", "body": json.dumps(told), "eventSource": "aws:sqs"}
    looked = works.stack.invoke("decide_events", {"Records": [message]})
    assert looked == {"batchItemFailures": []}, (
        "what was announced before the split is looked for in the index"
    )


def test_a_correction_and_a_restriction_are_taken(works: Works) -> None:
    someone = min(profile.customer_id for profile in works.profiles() if not profile.privacy)
    path = f"/customers/{someone}"
    for method, what, body in (
        ("POST", "correction", {"fields": {"city": "Thun", "loyalty_no": "THUN-1777"}}),
        ("PUT", "restriction", None),
        ("DELETE", "restriction", None),
    ):
        answer = works.stack.http(method, f"{path}/{what}", body=body, role="privacy_officer")
        assert answer.status == 200, (what, answer.body)
    assert shown(works, someone)["values"]["city"]["value"] == "Thun"
    found = works.stack.http("POST", "/customers/find", body={"loyalty_no": "thun 1777"}, role="agent")
    assert found.json() == {"customers": [someone]}


@pytest.mark.parametrize(
    ("function", "told"),
    [("release_due", {}), ("watch_vendor", {}), ("erase_customers", {"round": True}), ("trim_timelines", {})],
)
def test_what_happens_by_the_clock_ends_without_an_error(
    works: Works, function: str, told: dict[str, Any]
) -> None:
    assert isinstance(works.stack.invoke(function, told), dict)


def test_an_erasure_that_was_asked_for_is_carried_out(works: Works) -> None:
    held = [p for p in works.profiles() if "email" in p.values and not p.privacy]
    someone = max(held, key=lambda p: (len(p.contacts), p.customer_id))
    path = f"/customers/{someone.customer_id}/erasure"

    asked = works.stack.http("POST", path, role="privacy_officer")
    assert asked.status == 202, asked.body
    assert works.profile(someone.customer_id).privacy == ["erasure"], "blocked at once"
    until = time.monotonic() + WITHIN
    while (told := works.stack.http("GET", path, role="privacy_officer").json())["status"] == "running":
        assert time.monotonic() < until, told
        works.stack.invoke("erase_customers", {})  # or the minute's own run, whichever has its turn
        time.sleep(0.5)

    assert told["status"] in ("done", "waiting"), told  # a printed piece may be at the vendor's
    left = [event for event in works.timeline(someone.customer_id) if event.source == "courtesy"]
    assert len(works.timeline(someone.customer_id)) == len(left) <= 2
    after = works.profile(someone.customer_id)
    assert (after.values, after.ledgers, after.subjects) == ({}, {}, [])
    sought = {"email": someone.values["email"].value}
    answer = works.stack.http("POST", "/customers/find", body=sought, role="privacy_officer")
    assert someone.customer_id not in answer.json().get("customers", [])
