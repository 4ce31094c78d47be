"""Retention: which events of a timeline have had their time, and the nightly work that takes them away.

What is taken away changes no decision: caps and gaps look back 800 days at most, and nothing that they count goes earlier; a contact
keeps its place, so its occurrence is never proposed anew; ledgers, permissions, standings and closed addresses stay as they are.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from msgspec.structs import replace

from courtesy.identity.ports import IndexedRecords
from courtesy.identity.strays import bring_home, with_strays
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, Lake, StoredProfile
from courtesy.privacy.rules import RetentionRules
from courtesy.timeline.contacts import OPEN, found, settle
from courtesy.timeline.events import (
    Case,
    Contact,
    Event,
    Feedback,
    Interaction,
    Look,
    Move,
    Response,
    SourceRecord,
    Transaction,
    event_key,
)
from courtesy.timeline.fold import fold
from courtesy.timeline.versions import standing

SLICES = 28
"""Nights in which every customer has their turn once."""

AT_ONCE = 100
_ITEMS, _ROUNDS = 90, 8
_DATED = re.compile(r"^(?:snapshots|segments|moves)/(\d{4}-\d{2}-\d{2})")


class Trimmed(NamedTuple):
    """What becomes of a timeline. gone: events to delete; reduced: to be written anew; contacts: to be written anew."""

    gone: list[Event]
    reduced: list[Event]
    contacts: list[Contact]

    @property
    def items(self) -> int:
        """How many events change."""
        return len(self.gone) + len(self.reduced) + len(self.contacts)


class Retained(NamedTuple):
    """What a run did. customers: looked at; strays: events that were brought to where their records are; whole: to the slice's end."""

    customers: int = 0
    gone: int = 0
    reduced: int = 0
    objects: int = 0
    strays: int = 0
    whole: bool = True


def trim(events: Sequence[Event], rules: RetentionRules, now: datetime) -> Trimmed:
    """What of these events has had its time. Applied, and asked again, nothing is left to do."""
    gone: list[Event] = []
    reduced: list[Event] = []
    contacts: list[Contact] = []
    plain = ((Interaction, rules.interaction), (Response, rules.response), (Look, rules.look))
    versioned = [e for e in events if isinstance(e, (SourceRecord, Case))]
    stand = standing(versioned)
    latest: dict[str, datetime] = {}
    for event in events:
        if isinstance(event, Move):
            latest[event.division] = max(event.when, latest.get(event.division, event.when))
    for event in events:
        if any(isinstance(event, kind) and _over(event.when, days, now) for kind, days in plain):
            gone.append(event)
        elif isinstance(event, Move):
            if event.when < latest[event.division] and _over(event.when, rules.move, now):
                gone.append(event)
        elif isinstance(event, SourceRecord):
            said = stand[SourceRecord, event.source, event.id]
            replaced = event.version != said.version if said.version else event is not said
            if replaced and _over(event.stated or event.when, rules.record, now):
                gone.append(event)
        elif isinstance(event, Case):
            closed = stand[Case, event.source, event.id]
            assert isinstance(closed, Case)  # noqa: S101 - as it was asked for
            if closed.status == "closed" and _over(closed.closed or closed.when, rules.case, now):
                gone.append(event)
        elif isinstance(event, Transaction):
            bare = replace(event, item="", asset="", custom={})
            if bare != event and _over(event.when, rules.transaction, now):
                reduced.append(bare)
        elif isinstance(event, Contact) and _is_over(event) and _over(event.planned, rules.contact, now):
            bare_contact = replace(event, decided="", provider_id="")
            if bare_contact != event:
                contacts.append(bare_contact)
    return Trimmed([*gone, *_spent(events, rules.feedback, now)], reduced, contacts)


def retain(
    store: CustomerStore,
    index: IndexedRecords,
    lake: Lake,
    rules: RetentionRules,
    now: datetime,
    patience: Callable[[], bool] = lambda: True,
) -> Retained:
    """Trim the timelines of tonight's slice of all customers, and delete the cycles' files that are too old.

    What stands with somebody else than its record goes home on this occasion, since here everybody's timeline is read.
    """
    done = Retained(objects=forget_cycles(lake, now.date(), rules.analytics))
    ids = (id_ for id_, _ in store.scan_profiles(now.toordinal() % SLICES, SLICES))
    while batch := list(islice(ids, AT_ONCE)):
        # Before the timelines: what is written is written on condition of these versions.
        held = store.read_profiles(batch)
        timelines = store.read_timelines(batch)
        brought = sum(bring_home(id_, index, store) for id_ in with_strays(timelines, index))
        done = done._replace(strays=done.strays + brought)
        for id_, events in timelines.items():
            gone, reduced = _apply(store, id_, held.get(id_), events, rules, now)
            done = done._replace(gone=done.gone + gone, reduced=done.reduced + reduced)
        done = done._replace(customers=done.customers + len(batch))
        if not patience():
            return done._replace(whole=False)
    return done


def forget_cycles(lake: Lake, today: date, days: int | None) -> int:
    """Delete snapshots, segments and moves of cycles more than `days` days ago; how many objects. Paths without a date stay."""
    if days is None:
        return 0
    last = (today - timedelta(days=days)).isoformat()
    paths = [path for kind in ("snapshots/", "segments/", "moves/") for path in lake.list(kind)]
    old = [path for path in paths if (dated := _DATED.match(path)) and dated[1] < last]
    for path in old:
        lake.delete(path)
    return len(old)


def _apply(
    store: CustomerStore,
    id_: str,
    stored: StoredProfile | None,
    events: Sequence[Event],
    rules: RetentionRules,
    now: datetime,
) -> tuple[int, int]:
    """Trim one customer; how many events went and were reduced. Whoever is changed by others meanwhile has their turn the next time."""
    gone, reduced = 0, 0
    for _ in range(_ROUNDS):
        todo = trim(events, rules, now)
        if stored is None or stored.profile.merging or stored.profile.merged_into or not todo.items:
            break
        bare, moves = todo.reduced[:_ITEMS], todo.contacts[: _ITEMS - len(todo.reduced[:_ITEMS])]
        changed = {event_key(event): event for event in (*bare, *moves)}
        keys = [event_key(event) for event in todo.gone]
        left = {event_key(event): event for event in events if event_key(event) not in set(keys)} | changed
        moved = [(contact, contact.state, contact.claim) for contact in moves]
        after = fold(id_, left.values())
        if store.commit(after, stored.version, new=bare, moved=moved) != "committed":
            break
        store.delete_events(id_, keys)
        gone, reduced = gone + len(keys), reduced + len(changed)
        stored, events = store.read_profiles([id_])[id_], store.read_timeline(id_)
    return gone, reduced


def _over(when: datetime, days: int | None, now: datetime) -> bool:
    return days is not None and when < now - timedelta(days=days)


def _is_over(contact: Contact) -> bool:
    """Whether nothing can happen to it any more."""
    return contact.state not in (*OPEN, ContactState.SENDING) and not found(contact)


def _spent(events: Iterable[Event], days: int | None, now: datetime) -> list[Event]:
    """Old reports that decide nothing: their contact ends the same without them, and they close no address."""
    contacts: dict[str, list[Contact]] = {}
    reports: dict[str, list[Feedback]] = {}
    for event in events:
        if isinstance(event, Contact):
            contacts.setdefault(event.id, []).append(event)
        elif isinstance(event, Feedback):
            reports.setdefault(event.contact, []).append(event)
    spent: list[Event] = []
    for id_, told in reports.items():
        old = [one for one in told if _over(one.when, days, now) and not _closes(one)]
        mine = contacts.get(id_, [])
        for one in sorted(old, key=lambda one: (one.type not in _SAY_LITTLE, one.when, event_key(one))):
            rest = [other for other in told if other is not one]
            if all(settle(contact, rest) == settle(contact, told) for contact in mine):
                spent.append(one)
                told = rest
    return spent


_SAY_LITTLE = frozenset({"open", "click", "subscription", "delivery_delay", "send"})


def _closes(report: Feedback) -> bool:
    return (report.type == "bounce" and report.permanent) or report.type in ("complaint", "returned")
