"""Listen: event triggers propose as soon as an event is known, and each proposal is decided at once."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from courtesy.decisions.candidates import from_event
from courtesy.decisions.decision import Candidate, Decision
from courtesy.decisions.explain import from_json
from courtesy.decisions.log import Balance, row_of, write_events
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.identity.hashing import customer_id_of
from courtesy.outcomes import Reason
from courtesy.population.catalogue import catalogue_of
from courtesy.population.criteria import check
from courtesy.population.plan import cycle_path, newest_first
from courtesy.population.scores import Scores, decode_scores
from courtesy.population.segments import features_of
from courtesy.ports import CustomerStore, Lake, StoredProfile
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import Event, Link, event_key
from courtesy.timeline.profile import Profile, encode_profile

ALWAYS = "true"
"""A criterion that needs no features."""

NO_SCORES = Scores(
    cycle_id="", as_of="", rulebook=0, data_version="", customers=0, restricted=0, divisions={}
)
"""The figures before the first cycle."""


class EventMessage(msgspec.Struct, frozen=True):
    """Some events of one customer that triggers may listen to, by their keys on the timeline."""

    customer_id: str
    keys: list[str]


def decide_events(
    store: CustomerStore,
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
    has brought to another customer meanwhile are decided there. Raises Conflict, OutsideFailed; the message may then simply
    come again.
    """
    balance = Balance()
    stored, timeline = _whole(store, message)
    _decide(store, lake, rulebook, message.keys, stored, timeline, now, hash_key, run, balance)
    elsewhere = set(message.keys) - {event_key(event) for event in timeline}
    if elsewhere:
        for customer_id in _parted(timeline, stored.profile.customer_id, hash_key):
            other = store.read_profile(customer_id)
            if other.profile.customer_id == stored.profile.customer_id:
                continue
            theirs = store.read_timeline(other.profile.customer_id)
            _decide(store, lake, rulebook, sorted(elsewhere), other, theirs, now, hash_key, run, balance)
    return balance


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


def _parted(timeline: Sequence[Event], customer_id: str, hash_key: bytes) -> list[str]:
    """The customers that a person has parted from this one, as far as the decisions on its timeline name them."""
    subjects = {
        subject
        for event in timeline
        if isinstance(event, Link) and event.verdict == "different"
        for subject in (event.left, event.right)
    }
    return sorted({customer_id_of(hash_key, subject) for subject in subjects} - {customer_id})


def _decide(
    store: CustomerStore,
    lake: Lake,
    rulebook: Rulebook,
    keys: Sequence[str],
    stored: StoredProfile,
    timeline: Sequence[Event],
    now: datetime,
    hash_key: bytes,
    run: str,
    balance: Balance,
) -> None:
    profile = stored.profile
    candidates = _candidates(timeline, lake, rulebook, keys, profile, now)
    decisions: list[Decision] = []
    for contact in profile.contacts:
        if contact.anew or candidates.pop((contact.trigger, contact.occurrence), None) is None:
            continue
        held = store.read_contact(profile.customer_id, contact.trigger, contact.occurrence)
        if held is not None and held.decided:
            decisions.append(from_json(held.decided))
        else:
            balance.standing += 1
    if candidates:
        fresh = reserve(
            store, profile.customer_id, stored, list(candidates.values()), policy_of(rulebook), now, hash_key
        )
        decisions += [_as_reserved(store, decision) for decision in fresh]
    rows = []
    for decision in decisions:
        balance.proposed += 1
        balance.add(decision)
        candidate = candidates.get((decision.trigger, decision.occurrence))
        rows.append(row_of(decision, candidate.not_before if candidate else None))
    write_events(lake, profile.customer_id, run, rows)


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


def _candidates(
    timeline: Sequence[Event],
    lake: Lake,
    rulebook: Rulebook,
    keys: Sequence[str],
    profile: Profile,
    now: datetime,
) -> dict[tuple[str, str], Candidate]:
    listening = [t for _, t in sorted(rulebook.triggers.items()) if t.active and t.kind == "event"]
    if not listening:
        return {}
    asked = set(keys)
    proposed: list[tuple[Trigger, Candidate]] = []
    for event in timeline:
        if event_key(event) in asked:
            for trigger in listening:
                candidate = from_event(trigger, event, now)
                if candidate is not None:
                    proposed.append((trigger, candidate))
    met = _met([trigger for trigger, _ in proposed], lake, rulebook, profile, now)
    return {(c.trigger, c.occurrence): c for trigger, c in proposed if trigger.id in met}


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
