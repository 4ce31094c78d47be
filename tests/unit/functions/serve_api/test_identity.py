"""Possible matches, merge and split over the API: who may decide, and that each decision stands on the timelines."""

from collections.abc import Mapping

import pytest

from courtesy.identity.load import Loading, apply_rows
from courtesy.intake.contract import SourceContract
from courtesy.intake.staged import StagedRow
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Link, Transaction
from courtesy.timeline.refold import refold
from tests.unit.functions.serve_api.conftest import KEY, NOW, Api

CRM = SourceContract.model_validate(
    {
        "name": "crm_persons", "record": "person", "format": {"kind": "csv"}, "key": ["id"],
        "fields": {"surname": {"column": "s"}},
    }
)  # fmt: skip
HOME = {
    "surname": "Okafor",
    "date_of_birth": "1991-12-30",
    "address1": "7 Long Lane",
    "postcode": "12345",
}


@pytest.fixture
def twins(api: Api) -> dict[str, str]:
    """Record -> customer_id of three of one home and birthday, of whom nobody knows who is who."""
    return load(api, {n: HOME | {"given_name": name} for n, name in enumerate(("Bernd", "Carla", "Tamara"))})


def load(api: Api, people: Mapping[int, dict[str, str]]) -> dict[str, str]:
    rows = [
        StagedRow(
            source="crm_persons", contract=1, file="f", line=n, id=str(n), when=NOW, stated=NOW, version="v1",
            person=dict(fields),
        )
        for n, fields in people.items()
    ]  # fmt: skip
    loading = Loading(api.outside.index, api.outside.store, Rulebook(divisions={}), KEY, NOW)
    apply_rows(rows, CRM, loading)
    subjects = [f"crm_persons/{n}" for n in people]
    return {s: r.customer_id for s, r in api.outside.index.read_records(subjects).items()}


def links(api: Api, customer_id: str) -> list[tuple[str, str, str, str]]:
    events = api.outside.store.read_timeline(customer_id)
    return [(e.left, e.right, e.verdict, e.evidence) for e in events if isinstance(e, Link)]


def bought(api: Api, customer_id: str, division: str) -> None:
    sale = Transaction(source="shop", id=f"s-{customer_id}", when=NOW, division=division, amount=100)
    api.outside.store.append(customer_id, [sale])
    refold(api.outside.store, customer_id)


def test_matches_come_in_pages_with_customers_and_evidence(api: Api, twins: dict[str, str]) -> None:
    first = api("GET", "/matches", role="engineer", query={"limit": "2"}).json
    rest = api("GET", "/matches", role="engineer", query={"limit": "2", "cursor": first["next"]}).json
    found = first["matches"] + rest["matches"]
    assert {(m["left"]["record"], m["right"]["record"]) for m in found} == {
        ("crm_persons/0", "crm_persons/1"),
        ("crm_persons/0", "crm_persons/2"),
        ("crm_persons/1", "crm_persons/2"),
    }
    assert all(m["left"]["customer_id"] == twins[m["left"]["record"]] for m in found)
    assert found[0]["evidence"]["born"] == "exact"
    assert found[0]["evidence"]["given"] == "different"
    assert rest["next"] is None
    assert "Okafor" not in str(found), "evidence holds no values"


def test_confirm_unites_and_refuse_parts_for_good(api: Api, twins: dict[str, str]) -> None:
    ids = {
        (m["left"]["record"][-1], m["right"]["record"][-1]): m["id"]
        for m in api("GET", "/matches", role="privacy_officer").json["matches"]
    }
    done = api("POST", f"/matches/{ids['0', '1']}/confirm", role="privacy_officer")
    assert done.status == 200
    together = done.json["customer_id"]
    assert together == min(twins["crm_persons/0"], twins["crm_persons/1"])
    assert ("crm_persons/0", "crm_persons/1", "same", "decided by sub-of-privacy_officer") in links(
        api, together
    )
    assert api("POST", f"/matches/{ids['1', '2']}/refuse", role="engineer").json == {"refused": ids["1", "2"]}
    assert [link[2] for link in links(api, twins["crm_persons/2"])] == ["different"]
    assert api("POST", f"/matches/{ids['1', '2']}/confirm", role="engineer").status == 404


def test_an_agent_decides_only_where_both_are_known_in_the_division(api: Api, twins: dict[str, str]) -> None:
    bought(api, twins["crm_persons/0"], "cars")
    bought(api, twins["crm_persons/1"], "cars")
    bought(api, twins["crm_persons/2"], "marine")
    (match,) = api("GET", "/matches", role="agent", divisions="cars").json["matches"]
    assert {match["left"]["record"], match["right"]["record"]} == {"crm_persons/0", "crm_persons/1"}
    every = api("GET", "/matches", role="engineer").json["matches"]
    for other in every:
        if other["id"] != match["id"]:
            assert (
                api("POST", f"/matches/{other['id']}/confirm", role="agent", divisions="cars").status == 404
            )
    assert api("POST", f"/matches/{match['id']}/confirm", role="agent", divisions="cars").status == 200
    assert api("POST", "/matches/" + "a" * 26 + "/refuse", role="agent", divisions="cars").status == 404


def test_merge_and_split_undo_each_other(api: Api, twins: dict[str, str]) -> None:
    one, two = twins["crm_persons/0"], twins["crm_persons/2"]
    for _ in range(2):
        merged = api("POST", "/customers/merge", role="engineer", body={"one": one, "two": two})
        assert merged.json == {"customer_id": min(one, two)}
    view = api("GET", f"/customers/{max(one, two)}", role="engineer").json
    assert view["redirected_from"] == max(one, two)
    assert view["records"] == ["crm_persons/0", "crm_persons/2"]
    split = api(
        "POST",
        f"/customers/{min(one, two)}/split",
        role="privacy_officer",
        body={"records": ["crm_persons/2"]},
    )
    assert split.json == {"customers": {"crm_persons/0": one, "crm_persons/2": two}}
    refused = api("POST", "/customers/merge", role="engineer", body={"one": one, "two": two})
    assert refused.status == 400
    assert "do-not-link" in refused.json["detail"]


@pytest.mark.parametrize("role", ["marketer", "approver", "dealer", "source"])
def test_who_may_not_see_matches(api: Api, role: str) -> None:
    assert api("GET", "/matches", role=role, divisions="cars").status == 403


@pytest.mark.parametrize("role", ["marketer", "agent", "dealer"])
def test_who_may_not_join_or_part_freely(api: Api, twins: dict[str, str], role: str) -> None:
    one, two = twins["crm_persons/0"], twins["crm_persons/1"]
    body = {"one": one, "two": two}
    assert api("POST", "/customers/merge", role=role, divisions="cars", body=body).status == 403
    asked = api(
        "POST", f"/customers/{one}/split", role=role, divisions="cars", body={"records": ["crm_persons/0"]}
    )
    assert asked.status == 403


def test_what_does_not_exist_is_not_found(api: Api, twins: dict[str, str]) -> None:
    one, nobody = twins["crm_persons/0"], "c" + "z" * 26
    assert api("POST", "/customers/merge", role="engineer", body={"one": one, "two": nobody}).status == 404
    gone = api("POST", f"/customers/{one}/split", role="engineer", body={"records": ["crm_persons/9"]})
    assert gone.status == 404
    only = api("POST", f"/customers/{one}/split", role="engineer", body={"records": ["crm_persons/0"]})
    assert only.status == 400
