"""The privacy officer's routes: all that is held, corrections, the freeze, and the end."""

from datetime import timedelta

import pytest

from courtesy.identity.filing import hashed_entries
from courtesy.identity.normalise import traits_of
from courtesy.identity.record import IndexedRecord
from courtesy.privacy.erase import Erasing, carry_on
from courtesy.timeline.events import Contact, Look, Privacy, SourceRecord
from courtesy.timeline.refold import refold
from functions.serve_api import wiring
from tests.unit.functions.serve_api.conftest import ANNA, NOW, Api
from tests.unit.functions.serve_api.test_customers import decided_before_a_merge
from tests.unit.functions.serve_api.worlds import furnish

AT = f"/customers/{ANNA}"


@pytest.fixture
def asked(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API with a whole rulebook."""
    outside = furnish(api.outside)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


def test_access_gives_everything_with_its_sources_and_is_itself_recorded(asked: Api) -> None:
    document = asked("GET", f"{AT}/access", role="privacy_officer").json["document"]
    assert document["form"] == "courtesy.access.v1"
    assert document["values"]["email"] == "anna@example.com"
    assert document["origins"]["email"] == {
        "source": "crm_persons", "record": "77", "since": (NOW - timedelta(days=300)).isoformat(),
        "file": "crm_persons/2026/01/24/p.csv", "line": 12,
    }  # fmt: skip
    assert {kind: len(events) for kind, events in document["held"].items()}["transaction"] == 2
    assert [source["source"] for source in document["sources"]] == [
        "call_centre_cases",
        "crm_persons",
        "dealer_sales",
    ]
    again = asked("GET", f"{AT}/access", role="privacy_officer").json["document"]
    (staff,) = (told for told in again["recipients"] if told["recipient"] == "staff")
    assert len(staff["references"]) == 1
    looks = [event for event in asked.outside.store.read_timeline(ANNA) if isinstance(event, Look)]
    assert {look.what for look in looks} == {"access"}


def test_access_has_what_was_decided_under_an_id_that_leads_here_now(asked: Api) -> None:
    former = decided_before_a_merge(asked)
    document = asked("GET", f"{AT}/access", role="privacy_officer").json["document"]
    assert [row["customer_id"] for row in document["decisions"]] == [former]
    assert document["lake"] == [f"decisions/events/{former}/2026-11-18-x.jsonl"]


def test_a_correction_wins_over_every_source(asked: Api) -> None:
    body = {"fields": {"surname": "Bergh", "email": "ANNA@Example.org"}}
    assert asked("POST", f"{AT}/correction", role="privacy_officer", body=body).status == 200
    store = asked.outside.store
    later = SourceRecord(
        source="crm_persons", id="77", when=NOW + timedelta(days=9), trust=1000, fields={"surname": "Berg", "city": "Oslo"}
    )  # fmt: skip
    store.append(ANNA, [later])
    profile = refold(store, ANNA)
    assert (profile.text("surname"), profile.text("city")) == ("Bergh", "Oslo")
    assert profile.text("email") == "anna@example.org"
    wrong = asked("POST", f"{AT}/correction", role="privacy_officer", body={"fields": {"surnam": "x"}})
    assert wrong.status in (400, 404, 422)
    assert "surname" in wrong.text


def test_who_was_corrected_is_found_by_what_is_right(asked: Api) -> None:
    outside = asked.outside
    traits = traits_of({"given_name": "Anna", "email": "old@example.org"})
    record = IndexedRecord(
        subject="crm_persons/77",
        traits=traits,
        entries=hashed_entries(outside.key(), traits),
        customer_id=ANNA,
    )
    outside.index.write_records([record])
    outside.index.add_members({entry: [record.member] for entry in record.entries})
    outside.store.append(
        ANNA, [SourceRecord(source="crm_persons", id="77", when=NOW, fields={"email": "old@example.org"})]
    )
    refold(outside.store, ANNA)

    def found(email: str) -> list[str]:
        asks = asked("POST", "/customers/find", role="privacy_officer", body={"email": email})
        return list(asks.json["customers"])

    assert (found("old@example.org"), found("new@example.org")) == ([ANNA], [])
    body = {"fields": {"email": "new@example.org"}}
    assert asked("POST", f"{AT}/correction", role="privacy_officer", body=body).status == 200
    assert (found("old@example.org"), found("new@example.org")) == ([], [ANNA])


def test_a_restriction_stands_until_it_is_lifted(asked: Api) -> None:
    assert asked("PUT", f"{AT}/restriction", role="privacy_officer").json["standings"] == ["restriction"]
    assert asked("PUT", f"{AT}/restriction", role="privacy_officer").json["standings"] == ["restriction"]


def test_an_erasure_blocks_at_once_and_is_carried_out_by_a_job(asked: Api) -> None:
    assert asked("GET", f"{AT}/erasure", role="privacy_officer").status == 404
    begun = asked("POST", f"{AT}/erasure", role="privacy_officer")
    assert (begun.status, begun.json["status"]) == (202, "running")
    assert begun.headers["location"] == f"{AT}/erasure"
    outside = asked.outside
    assert outside.store.read_profile(ANNA).profile.privacy == ["erasure"]
    assert asked("POST", "/erasures/repeat", role="privacy_officer").json == {"erasures": {ANNA: "running"}}
    rulebook = outside.rulebooks.current()
    erasing = Erasing(outside.store, outside.index, outside.lake, rulebook, outside.key(), NOW, "job")
    assert carry_on(erasing) == {ANNA: "done"}
    done = asked("GET", f"{AT}/erasure", role="privacy_officer").json
    assert done["status"] == "done"
    assert done["done"]["events"] >= 5
    assert done["looked"] == done["objects"] > 0
    again = asked("POST", f"{AT}/erasure", role="privacy_officer")
    assert (again.status, again.json) == (200, done)
    held = asked("GET", f"{AT}/access", role="privacy_officer").json["document"]
    assert held["values"] == {}
    assert held["standings"] == ["erasure"]
    assert asked("POST", f"{AT}/erasure", role="agent", divisions="cars").status == 403


def test_who_came_back_with_a_restored_table_is_erased_again(asked: Api) -> None:
    outside = asked.outside
    before = outside.store.read_timeline(ANNA)
    asked("POST", f"{AT}/erasure", role="privacy_officer")
    rulebook = outside.rulebooks.current()
    erasing = Erasing(outside.store, outside.index, outside.lake, rulebook, outside.key(), NOW, "job")
    carry_on(erasing)
    outside.store.append(ANNA, [event for event in before if not isinstance(event, Contact)])
    refold(outside.store, ANNA)
    assert asked("POST", f"{AT}/erasure", role="privacy_officer").status == 202
    assert carry_on(erasing) == {ANNA: "done"}
    assert [type(event) for event in outside.store.read_timeline(ANNA)] == [Privacy]
