"""Listen: event triggers propose as soon as an event is known, and each proposal is decided at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from courtesy.decisions.candidates import from_event
from courtesy.decisions.decision import Candidate, Decision
from courtesy.decisions.event_message import EventMessage
from courtesy.decisions.explain import from_json
from courtesy.decisions.log import Balance, Row, row_of, write_events
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.identity.ports import IndexedRecords
from courtesy.identity.record import IndexedRecord
from courtesy.outcomes import Reason
from courtesy.population.catalogue import catalogue_of
from courtesy.population.criteria import check
from courtesy.population.plan import cycle_path, newest_first
from courtesy.population.scores import Scores, decode_scores
from courtesy.population.segments import features_of
from courtesy.ports import CustomerStore, Lake, StoredProfile
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import Event, event_key
from courtesy.timeline.profile import Profile, encode_profile

ALWAYS = "true"
"""A criterion that needs no features."""

NO_SCORES = Scores(
    cycle_id="", as_of="", rulebook=0, data_version="", customers=0, restricted=0, divisions={}
)
"""The figures before the first cycle."""


class _Place(NamedTuple):
    """A customer and those of the announced events that are on its timeline."""

    stored: StoredProfile
    events: list[Event]


def decide_events(
    store: CustomerStore,
    index: IndexedRecords,
    lake: Lake,
    rulebook: Rulebook,
    message: EventMessage,
    now: datetime,
    hash_key: bytes,
    run: str,
) -> Balance:
    """Decide what the triggers propose on these events, reserve, log. `run`: unique to the message.

    Criteria see the customer as of now, with the score cuts and value model of the latest cycle.

    A message that comes again finds its contacts on the timeline and logs them as they were decided. Events that a split
    has brought to another customer meanwhile are decided there, unless they have their contact where they were announced.
    Raises Conflict, OutsideFailed; the message may then simply come again.
    """
    balance, places = Balance(), _places(store, index, message)
    listening = [t for _, t in sorted(rulebook.triggers.items()) if t.active and t.kind == "event"]
    news = _proposed([event for place in places for event in place.events], listening, now)
    rows: dict[str, list[Row]] = {}
    for stored, events in places:
        profile, decisions = stored.profile, []
        for contact in profile.contacts:
            if contact.anew or news.pop((contact.trigger, contact.occurrence), None) is None:
                continue
            held = store.read_contact(profile.customer_id, contact.trigger, contact.occurrence)
            if held is not None and held.decided:
                decisions.append(from_json(held.decided))
            else:
                balance.standing += 1
        proposed = {key: one for key, one in _proposed(events, listening, now).items() if key in news}
        met = _met([trigger for trigger, _ in proposed.values()], lake, rulebook, profile, now)
        candidates = {key: candidate for key, (_, candidate) in proposed.items() if key[0] in met}
        if candidates:
            asked = list(candidates.values())
            fresh = reserve(store, profile.customer_id, stored, asked, policy_of(rulebook), now, hash_key)
            decisions += [_as_reserved(store, decision) for decision in fresh]
        for decision in decisions:
            balance.proposed += 1
            balance.add(decision)
            candidate = candidates.get((decision.trigger, decision.occurrence))
            row = row_of(decision, candidate.not_before if candidate else None)
            rows.setdefault(profile.customer_id, []).append(row)
    write_events(lake, run, rows)
    return balance


def _places(store: CustomerStore, index: IndexedRecords, message: EventMessage) -> list[_Place]:
    """The customer that the message names, and those who have events of it now by the index, each with their events."""
    while True:
        stored, timeline = _whole(store, message)
        asked = set(message.keys)
        places = [_Place(stored, [event for event in timeline if event_key(event) in asked])]
        left = asked - {event_key(event) for event in places[0].events}
        if not left or not message.records:
            return places
        records = index.read_records(message.records)
        found = _elsewhere(left, records.values(), store)
        if found.keys() >= left or index.read_records(message.records) == records:
            break
    homes = sorted({customer_id for customer_id, _ in found.values()})
    return places + [
        _Place(store.read_profile(id_), [event for whose, event in found.values() if whose == id_])
        for id_ in homes
    ]


def _elsewhere(
    keys: Collection[str], records: Iterable[IndexedRecord], store: CustomerStore
) -> dict[str, tuple[str, Event]]:
    """Event key -> customer and event, as far as they are with whom these records belong to or are still leaving.

    An event is put to whom it goes before it is taken from whom it leaves, so those who are left are read first.
    """
    records = list(records)
    leaving = {customer_id for record in records for customer_id in record.leaving}
    home = {record.customer_id for record in records} - {""}
    found: dict[str, tuple[str, Event]] = {}
    for customer_id in [*sorted(leaving - home), *sorted(home)]:
        for event in store.read_timeline(customer_id):
            if event_key(event) in keys:
                found[event_key(event)] = customer_id, event
    return found


def _whole(store: CustomerStore, message: EventMessage) -> tuple[StoredProfile, list[Event]]:
    """The customer and the timeline, read again where events are missing and a merge or split may have crossed the reading."""
    stored = store.read_profile(message.customer_id)
    while True:
        timeline = store.read_timeline(stored.profile.customer_id)
        if set(message.keys) <= {event_key(event) for event in timeline}:
            return stored, timeline
        again = store.read_profile(message.customer_id)
        if (again.profile.customer_id, again.version) == (stored.profile.customer_id, stored.version):
            return stored, timeline
        stored = again


def _as_reserved(store: CustomerStore, decision: Decision) -> Decision:
    """A decision; where the same message reserved the contact meanwhile, being worked on twice, what was decided then."""
    if decision.reason is not Reason.ALREADY_CONTACTED:
        return decision
    held = store.read_contact(decision.customer_id, decision.trigger, decision.occurrence)
    return from_json(held.decided) if held is not None and held.decided else decision


def latest_scores(lake: Lake) -> Scores:
    """The scores of the latest cycle that has any; `NO_SCORES` before the first one."""
    scored = [path.split("/")[2] for path in lake.list("outcomes/cycles/") if path.endswith("/scores.json")]
    latest = newest_first(lake, scored, 1)
    return decode_scores(lake.get(cycle_path(latest[0], "scores.json"))) if latest else NO_SCORES


def _proposed(
    events: Iterable[Event], listening: Sequence[Trigger], now: datetime
) -> dict[tuple[str, str], tuple[Trigger, Candidate]]:
    """What triggers propose on events before their criteria are asked, by trigger and occurrence."""
    proposed = ((trigger, from_event(trigger, event, now)) for event in events for trigger in listening)
    return {(c.trigger, c.occurrence): (trigger, c) for trigger, c in proposed if c is not None}


def _met(
    triggers: Sequence[Trigger], lake: Lake, rulebook: Rulebook, profile: Profile, now: datetime
) -> set[str]:
    """The triggers whose criteria hold for this customer as of now, by the same statements as the cycle's."""
    met = {t.id for t in triggers if t.criteria.strip().lower() == ALWAYS}
    asking = {t.id: t for t in triggers if t.id not in met}
    if not asking:
        return met
    catalogue = catalogue_of(rulebook.sources)
    checked = {
        id_: check(trigger.criteria, catalogue, rule=f"triggers.{id_}.criteria")
        for id_, trigger in asking.items()
    }
    connection = features_of(
        [encode_profile(profile)], now.date(), rulebook.population, latest_scores(lake), catalogue,
        {name for criteria in checked.values() for name in criteria.attributes},
    )  # fmt: skip
    try:
        for id_, trigger in asking.items():
            sql = checked[id_].sql
            hit = connection.execute(
                f"SELECT count(*) FROM segments WHERE division = $division AND ({sql})",  # noqa: S608 - a checked criterion
                {"division": trigger.division},
            ).fetchone()
            if hit is not None and hit[0]:
                met.add(id_)
    finally:
        connection.close()
    return met
