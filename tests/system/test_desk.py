"""What people decide at the API reaches every store that it has to: the deployed roles must allow it, and only a stack can tell."""

from typing import Any

import pytest

from courtesy_local.demo.works import Works

pytestmark = pytest.mark.system


def shown(works: Works, customer_id: str) -> dict[str, Any]:
    """A customer as an agent sees it."""
    answer = works.stack.http("GET", f"/customers/{customer_id}", role="agent")
    assert answer.status == 200
    found: dict[str, Any] = answer.json()
    return found


def test_two_customers_are_merged_found_by_either_id_and_split_again(works: Works) -> None:
    one, two = sorted(works.profiles(), key=lambda profile: profile.records)[:2]
    assert one.records, "somebody without any record is no customer of a file"
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


def test_a_correction_and_a_restriction_are_taken(works: Works) -> None:
    someone = min(works.profiles(), key=lambda profile: profile.customer_id).customer_id
    path = f"/customers/{someone}"
    for method, what, body in (
        ("POST", "correction", {"fields": {"city": "Thun"}}),
        ("PUT", "restriction", None),
        ("DELETE", "restriction", None),
    ):
        answer = works.stack.http(method, f"{path}/{what}", body=body, role="privacy_officer")
        assert answer.status == 200, (what, answer.body)
    assert shown(works, someone)["values"]["city"]["value"] == "Thun"
