"""Whoever is always overtaken gives up with a Conflict and has written nothing; whoever lost says so; pieces are asked back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from courtesy.decisions.allowances import shards
from courtesy.decisions.checks import check_decisions
from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate, Reserved
from courtesy.decisions.event_message import EventMessage
from courtesy.decisions.find import Found
from courtesy.decisions.listen import decide_events
from courtesy.decisions.log import read_held
from courtesy.decisions.offers import good_until, offers_of
from courtesy.decisions.part import _joined
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import release
from courtesy.decisions.reserve import reserve
from courtesy.decisions.respond import respond
from courtesy.decisions.settle import (
    apply_feedback,
    cancel,
    record_sent,
    record_unknown,
    settle_by_person,
    stop_open_contacts,
)
from courtesy.errors import Conflict, UnknownName
from courtesy.identity.record import IndexedRecord
from courtesy.outcomes import Commit, ContactState
from courtesy.ports import StoredProfile
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.offer import Offer
from courtesy.timeline.events import Case, Contact, Event, Feedback, Response, event_key
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.fakes.lake import InMemoryLake
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.lives import DAY, HOUR, Contended
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger


def world(*triggers: Any, **more: Any) -> tuple[Contended, Rulebook]:
    store = Contended()
    store.append("c1", [person_record()])
    refold(store, "c1")
    mug = Offer(id="mug", label={"en": "A mug"}, code="MUG", stock=9, **more)
    rules = rulebook(*(triggers or (trigger("offer", offer="mug"),)))
    return store, rules.model_copy(update={"offers": {"mug": mug}})


def booked(store: Contended, rules: Rulebook, name: str = "offer", days: int = 30) -> Contact:
    asked = [Candidate(name, "once", NOW + days * DAY)]
    (decision,) = reserve(store, "c1", None, asked, policy_of(rules), NOW, KEY)
    assert isinstance(decision, Reserved), decision
    return held(store, name)


def held(store: Contended, name: str = "offer") -> Contact:
    found = store.read_contact("c1", name, "once")
    assert found is not None
    return found


def sent(store: Contended, rules: Rulebook, name: str = "offer") -> Contact:
    booked(store, rules, name)
    taken = claim(store, "c1", name, "once", rules, NOW, "x", hash_key=KEY)
    assert isinstance(taken, Claimed)
    record_sent(store, "c1", taken.contact, "ses-1", NOW)
    return held(store, name)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda store, _: cancel(store, "c1", "offer", "once", "merged", NOW),
        lambda store, rules: claim(store, "c1", "offer", "once", rules, NOW, "x", hash_key=KEY),
        lambda store, rules: respond(store, rules, "c1", "MUG", "declined", NOW),
        lambda store, rules: stop_open_contacts(_with_case(store), "c1", rules, NOW),
    ],
)
def test_who_is_overtaken_every_time_gives_up_and_writes_nothing(
    attempt: Callable[[Contended, Rulebook], object],
) -> None:
    store, rules = world()
    before = booked(store, rules)
    store.losing = True
    with pytest.raises(Conflict, match="times in a row"):
        attempt(store, rules)
    assert held(store) == before


def _with_case(store: Contended) -> Contended:
    store.losing = False
    store.append("c1", [Case(source="calls", id="1", when=NOW, division="cars")])
    refold(store, "c1")
    store.losing = True
    return store


def test_who_cannot_record_what_became_of_a_mail_gives_up() -> None:
    store, rules = world()
    booked(store, rules)
    taken = claim(store, "c1", "offer", "once", rules, NOW, "x", hash_key=KEY)
    assert isinstance(taken, Claimed)
    store.losing = True
    with pytest.raises(Conflict):
        record_sent(store, "c1", taken.contact, "ses-1", NOW)
    assert held(store).state is ContactState.SENDING


def test_a_release_that_is_overtaken_leaves_it_to_the_next_run() -> None:
    store, rules = world(trigger("offer"), trigger("late"), trigger("lost"), trigger("unsure"))
    booked(store, rules)
    booked(store, rules, "late", days=1)
    for name in ("lost", "unsure"):
        booked(store, rules, name, days=9)
        taken = claim(store, "c1", name, "once", rules, NOW, name, hash_key=KEY)
        assert isinstance(taken, Claimed), taken
        if name == "unsure":
            record_unknown(store, "c1", taken.contact, "timeout", NOW - DAY)
    store.losing = True
    told = release(store, {"email": InMemoryQueue()}, policy_of(rules), NOW + 2 * DAY)
    assert (told.queued, told.expired, told.unknown, told.closed, told.contested) == ({}, 0, 0, 0, 4)
    store.losing = False
    told = release(store, {"email": InMemoryQueue()}, policy_of(rules), NOW + 2 * DAY)
    assert (told.queued, told.expired, told.unknown, told.closed, told.contested) == (
        {"email": 1},
        1,
        1,
        1,
        0,
    )


def test_a_piece_at_the_vendor_is_asked_back_once_and_not_when_it_has_left() -> None:
    store, rules = world(trigger("offer", channels=["letter"]))
    sent(store, rules)
    _with_case(store).losing = False
    assert stop_open_contacts(store, "c1", rules, NOW + HOUR) == []
    assert (held(store).recall, held(store).due, held(store).state) == (
        "wanted",
        NOW + HOUR,
        ContactState.SENT,
    )
    again = held(store)
    stop_open_contacts(store, "c1", rules, NOW + 2 * HOUR)
    assert held(store) == again
    assert release(store, {"letter": InMemoryQueue()}, policy_of(rules), NOW + 3 * HOUR).queued == {}
    store, rules = world(trigger("offer", channels=["letter"]))
    piece = sent(store, rules)
    gone = Feedback(source="vendor", id="1", when=NOW, contact=piece.id, channel="letter", type="mailed")
    apply_feedback(store, "c1", gone, NOW)
    _with_case(store).losing = False
    stop_open_contacts(store, "c1", rules, NOW + HOUR)
    assert held(store).recall == ""


def test_a_decline_after_the_mail_was_sent_returns_the_unit_too() -> None:
    store, rules = world()
    sent(store, rules)
    assert sum(store.read_counters(shards("offer/mug")).values()) == 1
    respond(store, rules, "c1", "MUG", "declined", NOW)
    assert sum(store.read_counters(shards("offer/mug")).values()) == 0
    assert (held(store).state, held(store).holds) == (ContactState.SENT, ())


def test_the_same_failure_told_twice_is_one() -> None:
    store, rules = world()
    sent(store, rules)
    respond(store, rules, "c1", "mug", "redeemed", NOW)
    for reference in ("gone", "gone", "broken"):
        assert respond(store, rules, "c1", "mug", "failed", NOW + HOUR, reference=reference).state == "failed"
    words = [e.id for e in store.read_timeline("c1") if isinstance(e, Response) and e.type == "failed"]
    assert sorted(words) == ["MUG/failed/broken", "MUG/failed/gone"]


def test_nobody_s_contact_is_settled_and_a_plan_has_no_channel_that_its_trigger_lacks() -> None:
    store, rules = world()
    assert not settle_by_person(store, "c1", "k0", True, NOW)
    with pytest.raises(UnknownName, match="channel of trigger 'offer'"):
        policy_of(rules).plan("offer").through("sms")


def test_the_last_day_of_an_offer_bounds_every_code() -> None:
    mug = Offer(id="mug", label={"en": "x"}, code="MUG", valid_days=30, valid_until=date(2026, 3, 10))
    assert good_until(mug, NOW) == datetime(2026, 3, 11, tzinfo=UTC)


def test_answers_that_name_no_offer_or_are_none_are_left_out() -> None:
    store, rules = world()
    words = [
        Response(source="web", id="1", when=NOW, division="cars", type="clicked"),
        Response(source="web", id="2", when=NOW, division="cars", type="declined"),
        Response(source="web", id="3", when=NOW, offer="other", type="declined"),
    ]
    store.append("c1", words)
    refold(store, "c1")
    assert [o.offer for o in offers_of(store.read_profile("c1").profile, rules.offers)] == ["other"]
    assert booked(store, rules).code == "MUG"


def test_codes_that_cannot_be_told_apart_and_channels_without_rules_are_told() -> None:
    _, rules = world(
        trigger("a", offer="mug", channels=["sms"]),
        trigger("b", kind="follow_up", follows="a", after_days=80, useful_for_days=20),
    )
    twins = {"cup": rules.offers["mug"].model_copy(update={"id": "cup"}), **rules.offers}
    bare = rules.decisions.model_copy(update={"channels": {"email": rules.decisions.channels["email"]}})
    told = " ".join(
        problem.text
        for problem in check_decisions(rules.model_copy(update={"offers": twins, "decisions": bare}))
    )
    assert "is the code of 'cup' too" in told
    assert "'sms' has no rules" in told
    assert "look back 90 days" in told


def test_those_who_wait_and_those_found_are_joined_in_order() -> None:
    candidate = Candidate("a", "once", NOW)
    waiting = {id_: [candidate] for id_ in ("c0", "c2", "c4")}
    found = [Found(id_, [], []) for id_ in ("c1", "c2", "c3")]
    joined = [(one.customer_id, len(one.candidates)) for one in _joined(found, waiting)]
    assert joined == [("c0", 1), ("c1", 0), ("c2", 1), ("c3", 0), ("c4", 1)]


def thanks() -> Rulebook:
    return rulebook(trigger("thanks", kind="event", listens_to="case.closed"))


def closed_case(id_: str = "1", subject: str = "crm/2") -> Case:
    return Case(source="calls", id=id_, when=NOW - HOUR, division="cars", status="closed", subject=subject)


def parted(here: list[Event], there: list[Event]) -> InMemoryCustomerStore:
    """Two customers, `c1` and `c2`, that were one when these events were announced."""
    store = InMemoryCustomerStore()
    store.append("c1", [person_record("1"), *here])
    store.append("c2", [person_record("2"), *there])
    for id_ in ("c1", "c2"):
        refold(store, id_)
    return store


def indexed(**homes: str) -> InMemoryIdentityIndex:
    """An index that says where the records `crm/2`, `crm/3` ... are."""
    index = InMemoryIdentityIndex()
    index.write_records([IndexedRecord(subject=f"crm/{n[1:]}", customer_id=id_) for n, id_ in homes.items()])
    return index


def test_an_event_that_a_split_brought_elsewhere_is_decided_there() -> None:
    rules, closed, lake = thanks(), closed_case(), InMemoryLake()
    store, index = parted([], [closed]), indexed(n2="c2")
    message = EventMessage("c1", [event_key(closed)], ["crm/2"])
    told = decide_events(store, index, lake, rules, message, NOW, KEY, "m1")
    assert (told.proposed, told.reserved) == (1, 1)
    again = decide_events(store, index, lake, rules, message, NOW, KEY, "m1")
    assert (again.proposed, again.reserved, again.standing) == (1, 1, 0)
    nobody = decide_events(store, index, lake, rulebook(), message, NOW, KEY, "m2")
    assert nobody.proposed == 0
    contact = next(e for e in store.read_timeline("c2") if isinstance(e, Contact))
    store.commit(
        store.read_profile("c2").profile,
        store.read_profile("c2").version,
        moved=[(msgspec.structs.replace(contact, decided=""), contact.state, contact.claim)],
    )
    assert decide_events(store, index, lake, rules, message, NOW, KEY, "m1").standing == 1


def test_what_was_reserved_where_it_was_announced_is_not_decided_again_where_a_split_brought_it() -> None:
    rules, closed, lake = thanks(), closed_case(), InMemoryLake()
    store = parted([closed], [])
    message = EventMessage("c1", [event_key(closed)], ["crm/2"])
    assert decide_events(store, indexed(n2="c1"), lake, rules, message, NOW, KEY, "m1").reserved == 1
    store.delete_many({"c1": [event_key(closed)]})
    store.append("c2", [closed])
    for id_ in ("c1", "c2"):
        refold(store, id_)
    told = decide_events(store, indexed(n2="c2"), lake, rules, message, NOW, KEY, "m1")
    assert (told.proposed, told.reserved) == (1, 1)
    assert not [e for e in store.read_timeline("c2") if isinstance(e, Contact)]


def test_of_one_message_each_event_is_held_and_logged_where_it_is() -> None:
    stays, went = closed_case("1", "crm/1"), closed_case("2", "crm/2")
    lake, store = InMemoryLake(), parted([stays], [went])
    for id_ in ("c1", "c2"):
        profile, version = store.read_profile(id_)
        store.put_profiles([StoredProfile(msgspec.structs.replace(profile, merging=True), version)])
    message = EventMessage("c1", [event_key(stays), event_key(went)], ["crm/1", "crm/2"])
    told = decide_events(store, indexed(n1="c1", n2="c2"), lake, thanks(), message, NOW, KEY, "m1")
    assert (told.proposed, told.held) == (2, 2)
    held = read_held(lake, NOW.date(), NOW.date())
    assert sorted(row.customer_id for row in held) == ["c1", "c2"]
    assert len(lake.list("decisions/events/c1/")) == len(lake.list("decisions/events/c2/")) == 1


def test_an_event_on_its_way_is_decided_where_it_is_until_it_has_arrived() -> None:
    closed = closed_case()
    store, index = parted([], [closed]), InMemoryIdentityIndex()
    index.write_records([IndexedRecord(subject="crm/2", customer_id="c3", leaving=("c2",))])
    store.append("c3", [person_record("2")])
    refold(store, "c3")
    message = EventMessage("c1", [event_key(closed)], ["crm/2"])

    def on(customer_id: str) -> int:
        lake = InMemoryLake()
        assert decide_events(store, index, lake, thanks(), message, NOW, KEY, "m1").reserved == 1
        return len(lake.list(f"decisions/events/{customer_id}/"))

    assert on("c2") == 1
    store.append("c3", [closed])
    refold(store, "c3")
    assert on("c3") == 1


def test_an_event_that_goes_on_while_it_is_looked_for_is_found() -> None:
    closed = closed_case()
    store, index = parted([], []), indexed(n2="c2")
    store.append("c3", [person_record("2"), closed])
    refold(store, "c3")
    asked = 0

    def meanwhile(method: str) -> None:
        nonlocal asked
        asked += method == "read_records"
        if asked == 2:  # whoever looks at the index again sees that the record has gone on
            asked += 1
            [record] = index.read_records(["crm/2"]).values()
            index.write_records([msgspec.structs.replace(record, customer_id="c3")])

    index.before = meanwhile
    message = EventMessage("c1", [event_key(closed)], ["crm/2"])
    assert decide_events(store, index, InMemoryLake(), thanks(), message, NOW, KEY, "m1").reserved == 1


@pytest.mark.parametrize("records", [[], ["crm/2"], ["crm/9"]])
def test_an_event_that_is_nowhere_any_more_is_done_with(records: list[str]) -> None:
    message = EventMessage("c1", [event_key(closed_case())], records)
    told = decide_events(parted([], []), indexed(n2="c2"), InMemoryLake(), thanks(), message, NOW, KEY, "m1")
    assert told.proposed == told.standing == 0


def test_a_message_worked_on_twice_at_a_time_logs_what_was_reserved() -> None:
    rules, lake, index, closed = thanks(), InMemoryLake(), InMemoryIdentityIndex(), closed_case()

    class Twice(InMemoryCustomerStore):
        """Before the first reservation is written, the same message is worked on from start to end."""

        beside = True

        def commit(self, *args: Any, **more: Any) -> Commit:
            if not self.beside:
                self.beside = True
                assert decide_events(self, index, lake, rules, message, NOW, KEY, "m1").reserved == 1
            return super().commit(*args, **more)

    store, message = Twice(), EventMessage("c1", [event_key(closed)])
    store.append("c1", [person_record("1"), closed])
    refold(store, "c1")
    store.beside = False
    told = decide_events(store, index, lake, rules, message, NOW, KEY, "m1")
    assert (told.proposed, told.reserved, told.balanced) == (1, 1, True)
    [path] = lake.list("decisions/events/c1/")
    assert b'"outcome":"reserved"' in lake.get(path)
