"""Who gets what when records leave, what becomes of contacts on the way, and a mover whom others outrun."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from courtesy.decisions.candidates import contact_id
from courtesy.decisions.settle import apply_feedback
from courtesy.decisions.whereabouts import holder
from courtesy.errors import Conflict
from courtesy.identity.arrival import caught_up, settled
from courtesy.identity.hashing import keyed_hash
from courtesy.identity.memory import MemoryIndex
from courtesy.identity.merge import merge_customers, split_customer
from courtesy.identity.move import fetch, release
from courtesy.identity.record import IndexedRecord, customer_entry
from courtesy.identity.share import shares_of
from courtesy.outcomes import Commit, ContactState
from courtesy.timeline.contacts import brought_to, trace_of
from courtesy.timeline.events import (
    Case,
    Contact,
    Event,
    Feedback,
    Link,
    Permission,
    SourceRecord,
    Transaction,
)
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.fakes import InMemoryCustomerStore
from tests.unit.identity.people import KEY, NOW
from tests.unit.identity.test_merge import World

POST = {"address1": "1 High St", "city": "Boston", "postcode": "02108"}


@dataclass(frozen=True)
class Leaving:
    """crm/2 leaves `stay` for `go`."""

    customer_id: str = "stay"
    heir: str = "stay"
    homes: dict[str, str] = field(default_factory=lambda: {"crm/2": "go"})


def record(number: str, **fields: str) -> SourceRecord:
    return SourceRecord(source="crm", id=number, when=NOW, fields=dict(fields))


def contact(state: ContactState = ContactState.SENT, id_: str = "k1", **fields: str) -> Contact:
    given: dict[str, Any] = {"trigger": "welcome", "occurrence": "once", "channel": "email", **fields}
    return Contact(
        source="courtesy", id=id_, when=NOW, division="cars", category="marketing", purpose="marketing",
        planned=NOW, due=NOW, expires=NOW + timedelta(days=3), state=state, **given,
    )  # fmt: skip


def goes_to(event: Event, *others: Event, leaving: Leaving | None = None) -> dict[str, list[Event]]:
    """Where an event goes when crm/2 leaves; `stay` where it does not go from there."""
    shares = shares_of(leaving or Leaving(), [event, *others], KEY)
    homes = {home: [e for e in events if e.id == event.id] for home, events in shares.to.items()}
    stays = [] if event in shares.gone or shares.traced else [event]
    return {**homes, "stay": stays + [trace for trace, _, _ in shares.traced]}


def test_what_protects_goes_to_both_and_what_speaks_for_one_stays() -> None:
    case = Case(source="desk", id="1", when=NOW, division="cars", type="complaint", status="open")
    no = Permission(
        source="desk", id="1", when=NOW, purpose="marketing", channel="*", division="*", status="withdrawn"
    )
    yes = replace(no, status="granted")
    assert goes_to(case) == {"stay": [case], "go": [case]}
    assert goes_to(no) == {"stay": [no], "go": [no]}
    assert goes_to(yes) == {"stay": [yes], "go": []}


def test_a_purchase_goes_with_its_record_and_a_link_with_both_sides() -> None:
    bought = Transaction(source="shop", id="t", when=NOW, division="cars", amount=1, subject="crm/2")
    link = Link(
        source="courtesy", id="l", when=NOW, left="crm/1", right="crm/2", verdict="different", evidence=""
    )
    assert goes_to(bought) == {"stay": [], "go": [bought]}
    assert goes_to(link) == {"stay": [link], "go": [link]}


@pytest.mark.parametrize(
    ("channel", "fields", "address"),
    [
        ("email", {"email": " Ann@Example.com "}, keyed_hash(KEY, "email", "ann@example.com")),
        ("sms", {"phone": "+16175550100"}, keyed_hash(KEY, "phone", "+16175550100")),
        ("letter", POST, keyed_hash(KEY, "post", "\n1 high st\n\nboston\n02108\n\n")),
    ],
)
def test_a_contact_goes_with_its_address_and_leaves_a_trace(
    channel: str, fields: dict[str, str], address: str
) -> None:
    sent = contact(channel=channel, address=address)
    told = Feedback(source="ses", id="f", when=NOW, contact="k1", channel=channel, type="delivery")
    shares = shares_of(
        Leaving(), [sent, told, record("1", email="b@example.com"), record("2", **fields)], KEY
    )
    assert shares.to["go"] == [sent, told, record("2", **fields)]
    [(trace, state, claim)] = shares.traced
    assert (trace.state, brought_to(trace), state, claim) == (ContactState.CANCELLED, "go", sent.state, "")
    assert sent not in shares.gone


def test_where_nobody_knows_the_address_what_was_sent_counts_for_both_and_the_rest_stays_single() -> None:
    for state in ContactState:
        reached = state not in (
            ContactState.RESERVED, ContactState.QUEUED, ContactState.CANCELLED, ContactState.EXPIRED, ContactState.REFUSED,
        )  # fmt: skip
        one = contact(state)
        assert goes_to(one) == {"stay": [one], "go": [one] if reached else []}, state


def test_what_waits_for_whom_it_was_reserved_goes_to_them() -> None:
    id_ = contact_id("go", "welcome", "once")
    waits = contact(ContactState.RESERVED, id_, occurrence=f"once~{id_[:12]}")
    moved = goes_to(waits)
    assert moved["go"] == [waits]
    assert [brought_to(e) for e in moved["stay"] if isinstance(e, Contact)] == ["go"]


def test_who_it_was_reserved_for_keeps_a_trace_of_what_stays() -> None:
    id_ = contact_id("go", "welcome", "once")
    address = keyed_hash(KEY, "email", "a@example.com")
    sent = contact(id_=id_, address=address)
    moved = goes_to(sent, record("1", email="a@example.com"), record("2", email="b@example.com"))
    assert moved["stay"] == [sent]
    assert [brought_to(e) for e in moved["go"] if isinstance(e, Contact)] == ["stay"]


def test_when_all_leave_the_heir_gets_what_belongs_to_nobody_and_the_traces() -> None:
    address = keyed_hash(KEY, "email", "b@example.com")
    sent, old = contact(address=address), trace_of(contact(id_="k0", occurrence="twice"), "elsewhere")
    leaving = Leaving(heir="go", homes={"crm/1": "go", "crm/2": "other"})
    events: list[Event] = [sent, old, record("1", email="a@example.com"), record("2", email="b@example.com")]
    shares = shares_of(leaving, events, KEY)
    assert shares.traced == []
    assert all(event in shares.gone for event in events)
    assert shares.to["go"] == [trace_of(sent, "other"), old, events[2]]
    assert shares.to["other"] == [sent, events[3]]


def test_what_arrives_waits_anew_or_is_unknown() -> None:
    queued, sending = (
        contact(ContactState.QUEUED, claim="x"),
        contact(ContactState.SENDING, "k2", occurrence="b", claim="y"),
    )
    assert [(c.state, c.claim) for c in settled([queued, sending], [])] == [
        (ContactState.RESERVED, ""),
        (ContactState.UNKNOWN, "y"),
    ]
    assert settled([queued], [replace(queued, state=ContactState.SENT)]) == []


def test_of_two_for_the_same_occasion_the_unsent_one_is_not_sent_and_gets_its_name_back_later() -> None:
    here, late = contact(), contact(ContactState.QUEUED, "k2")
    [moved] = settled([late], [here])
    assert (moved.state, moved.reason, moved.occurrence) == (ContactState.CANCELLED, "merged", "once~k2")
    [sent] = settled([contact(ContactState.SENT, "k2")], [here])
    assert (sent.state, sent.occurrence) == (ContactState.SENT, "once~k2")
    [back] = settled([moved], [])
    assert back.occurrence == "once"


@pytest.mark.parametrize(
    ("held", "came", "after"),
    [
        (ContactState.RESERVED, ContactState.SENDING, ContactState.UNKNOWN),
        (ContactState.CANCELLED, ContactState.SENT, ContactState.SENT),
        (ContactState.UNKNOWN, ContactState.REFUSED, ContactState.REFUSED),
        (ContactState.CANCELLED, ContactState.EXPIRED, None),
        (ContactState.SENT, ContactState.UNKNOWN, None),
        (ContactState.SENT, ContactState.RESERVED, None),
    ],
)
def test_what_went_on_elsewhere_goes_on_here(
    held: ContactState, came: ContactState, after: ContactState | None
) -> None:
    moved = caught_up([contact(came)], [contact(held)])
    assert [(to.state, state) for to, state, _ in moved] == ([] if after is None else [(after, held)])


def test_what_comes_back_takes_the_place_of_its_trace_and_a_trace_that_of_nothing() -> None:
    own = contact(ContactState.QUEUED)
    trace = trace_of(own, "go")
    assert [(to.state, state) for to, state, _ in caught_up([own], [trace])] == [
        (ContactState.RESERVED, ContactState.CANCELLED)
    ]
    assert caught_up([trace], [own]) == []
    assert [to for to, _, _ in caught_up([trace], [own], {own.id})] == [trace], (
        "the copy of an earlier attempt"
    )
    assert caught_up([trace], [replace(own, state=ContactState.SENT)], {own.id}) == []


def test_reports_and_links_follow_a_contact_that_a_split_took_along() -> None:
    world = World()
    survivor = merge_customers(world.desk, world.eva, world.eve)
    split_customer(world.desk, survivor, ["web/9"])
    [gone] = [world.eva if survivor == world.eve else world.eve]
    taken = "k9" if gone == world.eve else "k1"
    report = Feedback(source="ses", id="f", when=NOW, contact=taken, channel="email", type="delivery")
    profile = apply_feedback(world.store, survivor, report, NOW)
    assert profile is not None
    assert profile.customer_id == gone
    assert holder(world.store, survivor, taken) == gone
    assert holder(world.store, gone, taken) == gone
    assert holder(world.store, gone, "k-none") == gone
    assert apply_feedback(world.store, survivor, replace(report, contact="k-none"), NOW) is None


def _two(store: InMemoryCustomerStore, purchases: int = 1) -> tuple[MemoryIndex, IndexedRecord]:
    """crm/2 is to move from `b` to `a`, where crm/1 is."""
    index = MemoryIndex()
    for number, home in (("1", "a"), ("2", "b")):
        bought = [
            Transaction(
                source="shop",
                id=f"{number}-{n}",
                when=NOW,
                division="cars",
                amount=1,
                subject=f"crm/{number}",
            )
            for n in range(purchases)
        ]
        store.append(home, [record(number), *bought])
        refold(store, home)
        index.add_members({customer_entry(home): {f"|crm/{number}"}})
    index.add_members({customer_entry("a"): {"|crm/2"}})
    moving = IndexedRecord(subject="crm/2", customer_id="a", leaving=("b",))
    index.write_records([IndexedRecord(subject="crm/1", customer_id="a"), moving])
    return index, replace(moving, revision=1)


class Busy(InMemoryCustomerStore):
    """Somebody else is always faster."""

    def put_together(self, *_: object, **__: object) -> Commit:
        return "conflict"

    def commit(self, profile: Profile, version: int, **more: object) -> Commit:
        return "conflict" if profile.merging else super().commit(profile, version, **more)  # type: ignore[arg-type]


def test_who_is_always_outrun_gives_up_and_leaves_everything_as_it_was() -> None:
    store = Busy()
    index, moving = _two(store)
    before = {home: store.read_timeline(home) for home in "ab"}
    with pytest.raises(Conflict):
        fetch([moving], index, store, KEY)
    assert {home: store.read_timeline(home) for home in "ab"} == before
    assert index.read_records(["crm/2"])["crm/2"].leaving == ("b",)


def test_long_timelines_go_in_several_transactions() -> None:
    store = InMemoryCustomerStore()
    index, moving = _two(store, purchases=130)
    fetch([moving], index, store, KEY)
    assert (len(store.read_timeline("a")), store.read_timeline("b")) == (262, [])
    assert store.read_profiles(["b"])["b"].profile.merged_into == "a"
    profile = store.read_profile("a").profile
    assert (profile.merging, profile.subjects) == (False, ["crm/1", "crm/2"])
    assert index.read_records(["crm/2"])["crm/2"].leaving == ()


def test_a_mark_stays_while_somebody_is_on_the_way_and_goes_when_they_have_arrived() -> None:
    store = InMemoryCustomerStore()
    index, moving = _two(store)
    for home in "ab":
        profile, version = store.read_profile(home)
        store.put_profile(replace(profile, merging=True), version)
    release(["a", "b"], index, store)
    assert store.read_profile("a").profile.merging
    index.write_records([replace(moving, arrived=True)])
    release(["a", "b", "nobody"], index, store)
    assert not any(store.read_profile(home).profile.merging for home in "ab")


def test_whoever_died_before_the_marks_went_is_finished_by_the_next() -> None:
    store = InMemoryCustomerStore()
    index, moving = _two(store)
    profile, version = store.read_profile("a")
    store.put_profile(replace(profile, merging=True), version)
    index.write_records([replace(moving, arrived=True)])
    fetch([replace(moving, arrived=True, revision=2)], index, store, KEY)
    assert not store.read_profile("a").profile.merging
    assert index.read_records(["crm/2"])["crm/2"] == IndexedRecord(
        subject="crm/2", customer_id="a", revision=3
    )


class Dying(InMemoryCustomerStore):
    """Whoever writes to `a` dies when it is written."""

    def commit(self, profile: Profile, version: int, **more: object) -> Commit:
        done = super().commit(profile, version, **more)  # type: ignore[arg-type]
        if profile.customer_id == "a" and profile.merging:
            raise ConnectionError
        return done


@pytest.mark.parametrize("state", [ContactState.RESERVED, ContactState.QUEUED])
def test_while_a_contact_is_on_its_way_it_leaves_from_nowhere(state: ContactState) -> None:
    store = Dying()
    index, moving = _two(store)
    profile, version = store.read_profile("b")
    store.commit(profile, version, new=[contact(state)])
    with pytest.raises(ConnectionError):
        fetch([moving], index, store, KEY)
    assert [store.read_profile(home).profile.merging for home in "ab"] == [True, True]
    assert [any(isinstance(e, Contact) for e in store.read_timeline(home)) for home in "ab"] == [True, True]


def test_a_mark_of_one_who_died_goes_though_nothing_had_left() -> None:
    store, index = InMemoryCustomerStore(), MemoryIndex()
    store.append("b", [record("2")])
    refold(store, "b")
    profile, version = store.read_profile("b")
    store.put_profile(replace(profile, merging=True), version)
    index.add_members({customer_entry(home): {"|crm/2"} for home in "ab"})
    back = IndexedRecord(subject="crm/2", customer_id="b", leaving=("a",))
    index.write_records([back])
    fetch([replace(back, revision=1)], index, store, KEY)
    assert not store.read_profile("b").profile.merging
    assert index.read_records(["crm/2"])["crm/2"].leaving == ()
