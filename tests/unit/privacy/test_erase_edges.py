"""Erasure where something is in its way: a request that died, others who write at the same time, notes, earlier ids, gathered days."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from courtesy.decisions.days import Decided, days_sql, fetch_days, gather_days, write_day
from courtesy.decisions.offers import CodeHolder, code_note
from courtesy.errors import Conflict
from courtesy.ports import Note
from courtesy.privacy.bury import ROUNDS, empty_redirects, forget_notes
from courtesy.privacy.certificate import ask_for, asked_for, certificate_of
from courtesy.privacy.erase import begin, carry_on
from courtesy.timeline.events import Interaction
from courtesy.timeline.profile import Profile
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import NOW
from tests.unit.functions.load_chunk.test_load_chunk import House
from tests.unit.privacy.test_erase import ONE, TWO, house, outside
from tests.unit.privacy.test_retain import contact


def test_a_request_that_died_at_once_is_begun_by_the_job() -> None:
    built = house()
    ask_for(built.lake, ONE, "officer")
    assert carry_on(outside(built)) == {ONE: "done"}
    assert certificate_of(built.lake, ONE).by == "officer"


def test_somebody_who_is_not_there_leaves_the_list_and_somebody_being_merged_stays_on_it() -> None:
    built = house()
    nobody = "c" + "z" * 26
    profile, version = built.store.read_profile(TWO)
    built.store.put_profile(msgspec.structs.replace(profile, merging=True), version)
    for id_ in (nobody, TWO):
        ask_for(built.lake, id_, "officer")
    assert carry_on(outside(built)) == {}
    assert set(asked_for(built.lake)) == {TWO}


def test_who_is_written_to_all_the_time_stays_on_the_list_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built = house()
    for id_ in (ONE, TWO):
        begin(id_, outside(built))
    real = InMemoryCustomerStore.put_profile
    monkeypatch.setattr(
        InMemoryCustomerStore,
        "put_profile",
        lambda self, profile, version: (
            "conflict" if profile.customer_id == ONE else real(self, profile, version)
        ),
    )
    assert carry_on(outside(built)) == {ONE: "running", TWO: "done"}
    assert set(asked_for(built.lake)) == {ONE}
    monkeypatch.undo()
    assert carry_on(outside(built)) == {ONE: "done"}


def noted(store: InMemoryCustomerStore) -> None:
    profile = Profile(customer_id="c1")
    notes = [
        Note(code_note("MUG-1"), msgspec.json.encode(CodeHolder("c1", "crm/1"))),
        Note("household/h", msgspec.json.encode(["c0", "c1"]), 0),
    ]
    assert store.commit(profile, 0, beside=notes) == "committed"


def test_notes_are_tried_again_and_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    store = InMemoryCustomerStore()
    noted(store)
    sent = [contact(1, code="MUG-1", household="h")]
    real, lost = InMemoryCustomerStore.commit, [1]

    def now_and_then(self: Any, *args: Any, **named: Any) -> Any:
        lost[0] -= 1
        return "conflict" if lost[0] >= 0 else real(self, *args, **named)

    monkeypatch.setattr(InMemoryCustomerStore, "commit", now_and_then)
    assert forget_notes(store, "c1", ["c1"], sent) == 2
    assert forget_notes(store, "c1", ["c1"], sent) == 0
    assert store.read_notes(["household/h"])["household/h"].document == b'["c0"]'
    again = InMemoryCustomerStore()
    lost[0] = 0
    noted(again)
    lost[0] = ROUNDS
    with pytest.raises(Conflict, match="notes"):
        forget_notes(again, "c1", ["c1"], sent)


def test_what_lies_under_an_id_that_leads_to_the_customer_goes() -> None:
    store = InMemoryCustomerStore()
    for id_, leads in (("c1", ""), ("c2", "c1"), ("c3", "c9")):
        store.append(id_, [Interaction(source="s", id="1", when=NOW, division="cars", channel="call")])
        store.put_profile(Profile(customer_id=id_, merged_into=leads), 0)
    assert empty_redirects(store, "c1", ["c1", "c2", "c3"]) == 1
    assert [len(store.read_timeline(id_)) for id_ in ("c1", "c2", "c3")] == [1, 0, 1]


def test_days_that_were_gathered_are_searched_and_gathered_again(tmp_path: Path) -> None:
    built: House = house()
    for number, id_ in enumerate((ONE, TWO, ONE)):
        row = Decided(id_, "t", f"o{number}", "cars", "reserved", "within_law", NOW)
        write_day(built.lake, f"m{number}", [row])
        assert gather_days(built.lake, (NOW + timedelta(days=1)).date(), tmp_path) == 1
    (whole,) = built.lake.list("decisions/days/")
    assert whole.endswith("part-00000.parquet")
    begin(ONE, outside(built))
    carry_on(outside(built))
    files = fetch_days(built.lake, tmp_path / "after", NOW.date(), NOW.date())
    assert duckdb.execute(f"SELECT customer_id FROM ({days_sql(files)})").fetchall() == [(TWO,)]
    assert fetch_days(InMemoryLake(), tmp_path, NOW.date(), NOW.date()) == []
