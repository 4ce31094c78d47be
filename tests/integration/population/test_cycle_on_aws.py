"""Whole cycles through the functions' handlers over DynamoDB and S3 in process; then rules tried on their snapshot."""

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from moto import mock_aws

from courtesy.population.audience import judge, rehearse
from courtesy.population.catalogue import SHIPPED, Catalogue
from courtesy.population.rules import Ladder, PopulationRules
from courtesy.rulebook.model import Division, Rulebook
from courtesy.rulebook.versions import sections_of
from courtesy.timeline.events import Case, Event, Move
from courtesy.timeline.fold import fold
from courtesy.timeline.refold import refold
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.lake import S3Lake
from courtesy_aws.session import client, forget_clients
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from tests.contract.conftest import make_table
from tests.unit.population.people import AS_OF, at, bought

FUNCTIONS = ("begin_cycle", "snapshot_part", "score_population", "segment_part", "report_cycle")
PEOPLE: dict[str, list[Event]] = {
    "c-buyer": [bought(400, 90_000), bought(100, 80_000, n=1), bought(60, 20_000, "marine")],
    "c-once": [bought(30, 5_000)],
    "c-gone": [bought(1_500, 7_000)],
    "c-asks": [Case(source="calls", id="1", when=at(3), division="cars", status="open")],
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "TIMELINE_TABLE": "timeline",
    "PROFILES_TABLE": "profiles",
    "RULEBOOKS_TABLE": "rulebooks",
    "LAKE_BUCKET": "lake",
    "STAGE": "test",
}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoCustomerStore]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    _forget()
    with mock_aws():
        make_table("timeline", "customer_id", "event_key", due=True)
        make_table("profiles", "customer_id")
        make_table("rulebooks", "kind", "name")
        client("s3").create_bucket(
            Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        rulebook = Rulebook(divisions={n: Division(name=n, label=n) for n in ("cars", "marine")})
        DynamoRulebookStore("rulebooks").publish(sections_of(rulebook), "test", AS_OF)
        made = DynamoCustomerStore("timeline", "profiles")
        for customer_id, events in PEOPLE.items():
            made.append(customer_id, events)
            refold(made, customer_id)
        yield made
    _forget()


def _forget() -> None:
    """Adapters are made once per cold start; each test is one."""
    forget_clients()
    for name in FUNCTIONS:
        import_module(f"functions.{name}.wiring").wire.cache_clear()


def call(name: str, event: dict[str, Any]) -> dict[str, Any]:
    """What the function's handler answers."""
    answer: dict[str, Any] = import_module(f"functions.{name}.handler").handle(event, None)
    return answer


def cycle(as_of: str, run: str, parts: int = 3) -> dict[str, Any]:
    """Hand from state to state as the state machine does; the report's answer."""
    plan = call("begin_cycle", {"as_of": as_of, "cycle_id": None, "parts": parts, "execution": run})
    for part in plan["part_numbers"]:
        call("snapshot_part", {**plan, "part": part})
    call("score_population", plan)
    for part in plan["part_numbers"]:
        call("segment_part", {**plan, "part": part})
    return call("report_cycle", plan)


def test_everybody_is_placed_and_the_profile_stays_the_fold(store: DynamoCustomerStore) -> None:
    report = cycle("2026-11-01", "first")
    assert report["outcome"] == "done"
    assert report["customers"] == {"counted": 4, "in_parts": 4, "segmented": 4, "restricted": 0}
    places = {c: store.read_profile(c).profile.places for c in PEOPLE}
    assert places["c-buyer"]["cars"].sub_segment == "newly_returning"
    assert places["c-buyer"]["marine"].lifecycle == "new"
    assert places["c-once"]["corporate"].lifecycle == "new"
    assert (places["c-gone"]["cars"].lifecycle, places["c-gone"]["cars"].sub_segment) == ("lapsed", "lost")
    assert places["c-asks"]["cars"].lifecycle == "prospect"
    for customer_id in PEOPLE:
        assert store.read_profile(customer_id).profile == fold(customer_id, store.read_timeline(customer_id))


def test_done_again_nothing_is_written_and_later_only_what_changed(store: DynamoCustomerStore) -> None:
    first = cycle("2026-11-01", "first")
    moves = [e for c in PEOPLE for e in store.read_timeline(c) if isinstance(e, Move)]
    assert len(moves) == first["moves"] == 9
    again = cycle("2026-11-01", "first")
    assert [e for c in PEOPLE for e in store.read_timeline(c) if isinstance(e, Move)] == moves
    assert (again["outcome"], again["moves"]) == ("done", 0)
    later = cycle("2027-11-01", "first", parts=1)
    new = [e for c in PEOPLE for e in store.read_timeline(c) if isinstance(e, Move) and e not in moves]
    assert len(new) == later["moves"]
    assert store.read_profile("c-once").profile.places["cars"].lifecycle == "lapsed"
    assert not [e for e in store.read_timeline("c-gone") if isinstance(e, Move) and e in new]


def test_rules_are_tried_on_the_snapshot_in_the_lake(store: DynamoCustomerStore) -> None:
    cycle("2026-11-01", "first")
    lake, catalogue = S3Lake("lake"), Catalogue(SHIPPED)
    open_cases = judge("open_cases > 0", catalogue, lake, "2026-11-01-first", "cars").audience
    assert open_cases is not None
    assert (open_cases.holds, open_cases.customers) == (1, 4)
    draft = PopulationRules(lifecycle=Ladder(rules=[], default="new"), sub_segments={})
    done = rehearse(lake, DynamoRulebookStore("rulebooks").current(), draft, "2026-11-01-first")
    assert done.found.after == {"cars": {"new": 4}, "corporate": {"new": 4}, "marine": {"new": 1}}
    assert (done.looked_at, done.customers) == (4, 4)
