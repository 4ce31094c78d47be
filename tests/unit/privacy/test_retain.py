"""Retention: what goes, what loses its details, and that no decision changes by it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.outcomes import ContactState
from courtesy.privacy.retain import SLICES, forget_cycles, retain, trim
from courtesy.privacy.rules import RetentionRules
from courtesy.timeline.events import (
    Case,
    Contact,
    Event,
    Feedback,
    Interaction,
    Look,
    Move,
    Permission,
    Privacy,
    Response,
    SourceRecord,
    Transaction,
    event_key,
)
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import NOW

RULES = RetentionRules(
    record=30, transaction=400, interaction=800, response=800, case=365, contact=800, feedback=90, move=400, look=365
)  # fmt: skip


def ago(days: int) -> Any:
    return NOW - timedelta(days=days)


def contact(days: int, state: ContactState = ContactState.SENT, **fields: Any) -> Contact:
    when = ago(days)
    return Contact(
        **{
            "source": "courtesy", "id": f"k{days}", "when": when, "trigger": f"t{days}", "occurrence": "o", "division": "cars",
            "category": "marketing", "purpose": "marketing", "channel": "email", "planned": when, "due": when, "expires": when,
            "state": state, "decided": "{}", "provider_id": "p", "claim": "c", **fields,
        }
    )  # fmt: skip


def report(type_: Any, contact_days: int, days: int, **fields: Any) -> Feedback:
    return Feedback(source="ses", id=f"{type_}{days}", when=ago(days), contact=f"k{contact_days}", channel="email", type=type_, **fields)  # fmt: skip


OLD: list[Event] = [
    SourceRecord(source="crm", id="1", when=ago(900), version="a", fields={"email": "old@mail.test"}),
    SourceRecord(source="crm", id="1", when=ago(500), version="b", fields={"email": "now@mail.test"}),
    Interaction(source="desk", id="1", when=ago(801), division="cars", channel="call"),
    Response(source="web", id="1", when=ago(801), type="clicked"),
    Case(source="desk", id="1", when=ago(800), version="o", division="cars", status="open"),
    Case(
        source="desk", id="1", when=ago(700), version="c", division="cars", status="closed", closed=ago(700)
    ),
    Move(source="courtesy", id="cars", when=ago(800), division="cars", lifecycle="new"),
    Move(source="courtesy", id="cars", when=ago(500), division="cars", lifecycle="lapsed"),
    Look(source="courtesy", id="l", when=ago(366), by="x", what="customer"),
    report("open", 850, 840),
    report("send", 850, 849),
]
KEPT: list[Event] = [
    Permission(source="w", id="1", when=ago(3000), purpose="marketing", channel="email", division="*", status="withdrawn"),
    Privacy(source="w", id="2", when=ago(3000), type="objection"),
    Case(source="desk", id="2", when=ago(3000), version="o", division="cars", status="open"),
    Interaction(source="desk", id="2", when=ago(799), division="cars", channel="call"),
    report("bounce", 1, 839, permanent=True, address="h"),
    report("delivery", 100, 100),
    contact(100),
    contact(900, ContactState.RESERVED),
    Look(source="courtesy", id="n", when=ago(10), by="x", what="customer"),
]  # fmt: skip
BARE: list[Event] = [
    contact(850, ContactState.SENT),
    Transaction(source="s", id="1", when=ago(401), version="v", division="cars", amount=5, item="boat", asset="VIN", dealer="d1", custom={"x": 1}),
]  # fmt: skip


def test_what_has_had_its_time_goes_and_the_rest_stays() -> None:
    done = trim([*OLD, *KEPT, *BARE], RULES, NOW)
    gone = {event_key(event) for event in done.gone}
    stays = {event_key(OLD[1]), event_key(OLD[7])}  # what stands now
    assert gone == {event_key(event) for event in OLD} - stays
    (bare,) = done.reduced
    assert isinstance(bare, Transaction)
    assert (bare.amount, bare.dealer, bare.item, bare.asset, bare.custom) == (5, "d1", "", "", {})
    assert event_key(bare) == event_key(BARE[1])
    assert [(c.id, c.decided, c.provider_id, c.claim) for c in done.contacts] == [("k850", "", "", "c")]


def test_without_numbers_everything_is_kept() -> None:
    nothing = RetentionRules.model_validate(dict.fromkeys(RetentionRules.model_fields))
    assert trim([*OLD, *KEPT, *BARE], nothing, NOW).items == 0
    lake = InMemoryLake()
    lake.put("snapshots/2001-01-01-a/part-00000.parquet", b"")
    assert forget_cycles(lake, NOW.date(), nothing.analytics) == 0


def applied(events: list[Event]) -> list[Event]:
    done = trim(events, RULES, NOW)
    keys = {event_key(event) for event in done.gone}
    left = {event_key(event): event for event in events if event_key(event) not in keys}
    return list((left | {event_key(event): event for event in (*done.reduced, *done.contacts)}).values())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*OLD, *KEPT, *BARE]), unique_by=event_key))
def test_what_caps_permissions_and_value_rest_on_is_untouched(events: list[Event]) -> None:
    before, after = fold("c", events), fold("c", applied(events))
    kept = (
        "values",
        "subjects",
        "records",
        "ledgers",
        "permissions",
        "places",
        "closed",
        "privacy",
        "contacts",
        "household",
    )
    for name in kept:
        assert getattr(after, name) == getattr(before, name), name
    assert [case for case in before.cases if case.status == "open"] == [
        case for case in after.cases if case.status == "open"
    ]
    recent = NOW - timedelta(days=800)
    assert [touch for touch in before.inbound if touch.at >= recent] == [
        t for t in after.inbound if t.at >= recent
    ]
    assert trim(applied(events), RULES, NOW).items == 0


def store_of(events: list[Event]) -> InMemoryCustomerStore:
    store = InMemoryCustomerStore()
    store.append("c1", [event for event in events if not isinstance(event, Contact)])
    profile = refold(store, "c1")
    contacts = [event for event in events if isinstance(event, Contact)]
    assert store.commit(profile, store.read_profile("c1").version, new=contacts) == "committed"
    refold(store, "c1")
    return store


def nights(store: InMemoryCustomerStore, lake: InMemoryLake) -> list[int]:
    return [
        sum(retain(store, InMemoryIdentityIndex(), lake, RULES, NOW + timedelta(days=n))[1:3])
        for n in range(SLICES)
    ]


def test_everybody_has_a_turn_within_a_month_and_the_profile_stays_the_fold() -> None:
    many = [
        Transaction(source="s", id=f"n{n}", when=ago(900 + n), division="cars", amount=n, item="x")
        for n in range(120)
    ]
    store, lake = store_of([*OLD, *KEPT, *BARE, *many]), InMemoryLake()
    lake.put("segments/2020-01-01-a/part-00000.parquet", b"")
    lake.put("segments/2026-03-01-a/part-00000.parquet", b"")
    assert sum(nights(store, lake)) >= len(OLD) - 2 + 2 + 120
    profile = store.read_profile("c1").profile
    timeline = store.read_timeline("c1")
    assert encode_profile(profile) == encode_profile(fold("c1", timeline))
    assert not any(event.item for event in timeline if isinstance(event, Transaction))
    assert lake.list("") == ["segments/2026-03-01-a/part-00000.parquet"]
    assert sum(nights(store, lake)) == 0


def test_whoever_is_erased_or_changed_meanwhile_does_not_come_back() -> None:
    store = store_of(list(BARE))

    class Overtaken(InMemoryCustomerStore):
        """Somebody else empties the timeline while it is looked at."""

        def read_timelines(self, customer_ids: Any) -> dict[str, list[Event]]:
            found = store.read_timelines(customer_ids)
            store.delete_events(
                "c1", [event_key(e) for e in store.read_timeline("c1") if not isinstance(e, Contact)]
            )
            refold(store, "c1")
            return found

        def __getattribute__(self, name: str) -> Any:
            return object.__getattribute__(self, name) if name == "read_timelines" else getattr(store, name)

    for n in range(SLICES):
        retain(Overtaken(), InMemoryIdentityIndex(), InMemoryLake(), RULES, NOW + timedelta(days=n))
    assert not any(isinstance(event, Transaction) for event in store.read_timeline("c1"))


def test_somebody_who_is_being_merged_is_left_alone_and_time_may_be_up() -> None:
    store = store_of([*OLD])
    profile, version = store.read_profile("c1")
    store.put_profile(msgspec.structs.replace(profile, merging=True), version)
    assert sum(nights(store, InMemoryLake())) == 0
    runs = [
        retain(store, InMemoryIdentityIndex(), InMemoryLake(), RULES, NOW + timedelta(days=n), lambda: False)
        for n in range(SLICES)
    ]
    assert [run.whole for run in runs].count(False) == 1


@pytest.mark.parametrize("days", [1, 799])
def test_nothing_goes_that_a_cap_may_still_count(days: int) -> None:
    with pytest.raises(ValueError, match="800"):
        RetentionRules(contact=days)
