"""Use case: a staged chunk becomes events of customers; their profiles are folded and triggers hear of it.

Everything is asked for in batches. Any step may be done twice, so a chunk that died half-way is simply done again.
"""

import zlib
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec.structs import replace

from courtesy.decisions.candidates import from_event
from courtesy.decisions.event_message import EventMessage
from courtesy.decisions.offers import CODES, code_note, read_holder
from courtesy.decisions.settle import PRINTED, RECALLABLE, stop_open_contacts
from courtesy.errors import Conflict, RefusedInput, UnknownName
from courtesy.identity.attempts import Attempts, Gone, remove, take_back, with_heirs
from courtesy.identity.move import fetch, release
from courtesy.identity.normalise import canonical
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord
from courtesy.identity.resolve import Incoming, place
from courtesy.identity.traits import Traits
from courtesy.identity.versions import incoming_of, overtaken, subject_of, unseen
from courtesy.intake.contract import SourceContract
from courtesy.intake.finish import chunk_applied
from courtesy.intake.report import ChunkCounts
from courtesy.intake.staged import StagedRow, decode_rows, events_of
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, Lake, Queue, StoredProfile
from courtesy.privacy.erased import erased_among
from courtesy.privacy.forget import forget_records
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import Case, Event, Permission, Privacy, SourceRecord, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import PastContact, encode_profile
from courtesy.timeline.refold import refold

ROUNDS = 8
_KEYS_PER_MESSAGE = 100
_CODE = f"{CODES}/"

Timelines = dict[str, list[Event]]
"""customer_id -> events."""


class ChunkMessage(msgspec.Struct, frozen=True):
    """One chunk of a file to be loaded; `path` is its place in the lake, `chunk` counts from 0."""

    source: str
    file_id: str
    chunk: int
    chunks: int
    path: str


def decode_message(body: str) -> ChunkMessage:
    """The message of a queue's body. Raises RefusedInput when it is none."""
    try:
        return msgspec.json.decode(body, type=ChunkMessage)
    except msgspec.MsgspecError as error:
        raise RefusedInput(f"this is no chunk message: {error}") from error


@dataclass(frozen=True)
class Loading:
    """What loading works with; `attempts`: those at the same rows, where they may have been begun before."""

    index: IdentityIndex
    store: CustomerStore
    rulebook: Rulebook
    hash_key: bytes
    now: datetime
    attempts: Attempts | None = None


def load_chunk(
    message: ChunkMessage,
    lake: Lake,
    index: IdentityIndex,
    store: CustomerStore,
    events_queue: Queue,
    rulebook: Rulebook,
    hash_key: bytes,
    now: datetime,
) -> ChunkCounts:
    """Load one chunk and mark it as applied. Raises NotFound, UnknownName, Conflict, OutsideFailed; then nothing is marked."""
    contract = rulebook.sources.get(message.source)
    if contract is None:
        raise UnknownName("source", message.source, rulebook.sources)
    rows = decode_rows(_unpacked(lake.get(message.path)))
    attempts = Attempts(
        lake, f"staged/{message.source}/{message.file_id}/homes/{message.chunk:05}/", hash_key
    )
    loading = Loading(index, store, rulebook, hash_key, now, attempts)
    counts, timelines = apply_rows(rows, contract, loading)
    stop_contacts(timelines, loading)
    _announce(timelines, rulebook, events_queue, now)
    chunk_applied(message.source, message.file_id, message.chunk, counts, lake, now)
    return counts


def apply_rows(
    rows: Sequence[StagedRow], contract: SourceContract, loading: Loading
) -> tuple[ChunkCounts, Timelines]:
    """Bring rows to their customers' timelines and fold; returns the counts and the events by customer."""
    region = loading.rulebook.identity.region
    events = [_canonical(event, region) for row in rows for event in events_of(row, contract)]
    by_subject: dict[str, list[Event]] = {}
    for event in events:
        by_subject.setdefault(subject_of(event), []).append(event)
    named = set(by_subject)
    incoming = [*incoming_of(events, region), *_code_holders(by_subject, loading.store)]
    people = [(one.subject, one.traits) for one in incoming]
    if erased := _forget(people, by_subject, loading):
        by_subject = {subject: by_subject[subject] for subject in by_subject if subject not in erased}
        incoming = [one for one in incoming if one.subject not in erased]
        people = [(one.subject, one.traits) for one in incoming]
    placed = _place(incoming, loading)
    made = 0
    homes: dict[str, str] = {}
    for _ in range(ROUNDS):
        if not placed.keys() >= by_subject.keys():  # taken away meanwhile: an erasure
            for subject in _forget(people, by_subject, loading):
                by_subject.pop(subject, None)
                homes.pop(subject, None)
            if not placed.keys() >= by_subject.keys():
                break
        wanted = {subject: placed[subject].customer_id for subject in by_subject}
        moved = {subject: {home} for subject, home in homes.items() if wanted[subject] != home}
        fresh = {
            subject: by_subject[subject] for subject in by_subject if homes.get(subject) != wanted[subject]
        }
        if not fresh and not any(record.leaving for record in placed.values()):
            for subject in _forget(people, by_subject, loading):
                by_subject.pop(subject, None)
            if loading.attempts:
                remove(loading.attempts.forsaken(named, loading.index, loading.store), loading.store)
            written = sum(map(len, by_subject.values()))
            return ChunkCounts(rows=len(rows), written=written, customers=made), _gathered(by_subject, wanted)
        timelines = _gathered(fresh, wanted)
        if loading.attempts and fresh:
            loading.attempts.begin({subject: wanted[subject] for subject in fresh})
        loading.store.append_many(timelines)
        folded = fetch(placed.values(), loading.index, loading.store, loading.hash_key, timelines)
        seen: dict[str, Sequence[Event]] = {}
        made += fold_arrivals({id_: timelines[id_] for id_ in timelines if id_ not in folded}, loading, seen)
        for subject, begun in _begun(wanted, loading).items():
            if elsewhere := begun - {wanted[subject]}:
                moved.setdefault(subject, set()).update(elsewhere)
        take_back(moved, wanted, by_subject, loading.store)
        homes = wanted
        placed = loading.index.read_records(by_subject)
        newer = unseen(incoming, placed) + overtaken(incoming, placed, seen, loading.store, region)
        if newer or any(record.pending or record.leaving for record in placed.values()):
            placed = _place([*(Incoming(s) for s in by_subject), *newer], loading)
    raise Conflict(
        f"customers of this chunk were merged or split by others {ROUNDS} times in a row; try again"
    )


def _code_holders(subjects: Iterable[str], store: CustomerStore) -> list[Incoming]:
    """Who holds the unique codes of offers that these rows name: a code is a record of the person that it was made for."""
    codes = {
        code_note(subject.removeprefix(_CODE)): subject for subject in subjects if subject.startswith(_CODE)
    }
    notes = store.read_notes(codes) if codes else {}
    held = {codes[name]: read_holder(note.document).subject for name, note in sorted(notes.items())}
    return [Incoming(code, same_as=(subject,)) for code, subject in held.items() if subject]


def _forget(
    people: Iterable[tuple[str, Traits | None]], by_subject: Timelines, loading: Loading
) -> Collection[str]:
    """The person records of this chunk that are of somebody erased; whatever is there of them goes.

    Asked before anything is written, and again after all is: an erasure keeps its hashes before it takes anything away, so
    whatever it could not see yet is taken back here.
    """
    erased = erased_among(loading.index, loading.hash_key, people)
    if not erased:
        return erased
    records = loading.index.read_records(sorted(erased))
    begun = _begun(erased, loading)
    gone: Gone = {}
    for subject, customer_id in erased.items():
        homes = {customer_id, records[subject].customer_id if subject in records else ""} - {""}
        homes |= with_heirs(begun.get(subject, ()), loading.store)
        for home in homes:
            gone.setdefault(home, set()).update(event_key(event) for event in by_subject.get(subject, ()))
    remove(gone, loading.store)
    forget_records(loading.index, erased)
    return erased


def _place(incoming: Iterable[Incoming], loading: Loading) -> dict[str, IndexedRecord]:
    return place(incoming, loading.index, loading.rulebook.identity, loading.hash_key, loading.now)


def fold_arrivals(
    timelines: Mapping[str, Sequence[Event]],
    loading: Loading,
    seen: MutableMapping[str, Sequence[Event]] | None = None,
) -> int:
    """Fold customers whose events have just been appended; returns how many had no profile before.

    Where there is no profile, nobody has folded before, and whoever wrote without folding will still fold: so the events at
    hand are folded without reading the timeline, on condition that still nobody has. `seen` takes the timelines read.
    """
    store = loading.store
    held = store.read_profiles(sorted(timelines))
    lasting = [id_ for id_, stored in held.items() if not stored.profile.merged_into]
    read = store.read_timelines(sorted(lasting))
    if seen is not None:
        seen.update(read)
    folds = []
    for customer_id, events in timelines.items():
        if customer_id not in held:
            known = {event_key(event): event for event in events}.values()
            folds.append(StoredProfile(fold(customer_id, known), 0))
        elif customer_id in read:
            before, version = held[customer_id]
            profile = replace(fold(customer_id, read[customer_id]), merging=before.merging)
            if encode_profile(profile) != encode_profile(before):
                folds.append(StoredProfile(profile, version))
    again = store.put_profiles(folds) | {id_ for id_ in held if id_ not in read}
    for customer_id in sorted(again):
        refold(store, customer_id)
    release([id_ for id_, stored in held.items() if stored.profile.merging], loading.index, store)
    return len(timelines) - len(held)


def stop_contacts(timelines: Mapping[str, Sequence[Event]], loading: Loading) -> None:
    """Cancel what still waits to be sent where the events at hand open a case, withdraw a permission or end the person.

    The claim would stop it anyway; so the plan shows it at once. Only customers with such an event are looked at, and only
    those of them with a waiting contact cost more than their share of one batch read.
    """
    concerned = [id_ for id_, events in timelines.items() if any(_stops(event) for event in events)]
    for customer_id, (profile, _) in sorted(loading.store.read_profiles(concerned).items()):
        waits = any(_may_wait(contact, loading.now) for contact in profile.contacts)
        if waits or profile.merged_into:
            stop_open_contacts(loading.store, customer_id, loading.rulebook, loading.now)


def _may_wait(contact: PastContact, now: datetime) -> bool:
    if contact.state in (ContactState.SENDING, ContactState.SENT):
        return contact.channel in PRINTED and now < contact.at + RECALLABLE
    return contact.state is ContactState.RESERVED


def _stops(event: Event) -> bool:
    match event:
        case Case(status="open") | Permission(status="withdrawn") | Privacy(status="on"):
            return not event.gone
        case SourceRecord():
            return bool(event.fields.get("deceased") or event.fields.get("gone_away"))
    return False


def _begun(subjects: Iterable[str], loading: Loading) -> dict[str, set[str]]:
    """Subject -> the customers to whom attempts at these rows, this one included, appended its events."""
    return loading.attempts.homes(subjects) if loading.attempts else {}


def _gathered(by_subject: Timelines, homes: Mapping[str, str]) -> Timelines:
    timelines: Timelines = {}
    for subject, events in by_subject.items():
        timelines.setdefault(homes[subject], []).extend(events)
    return timelines


def _canonical(event: Event, region: str) -> Event:
    return (
        replace(event, fields=canonical(event.fields, region)) if isinstance(event, SourceRecord) else event
    )


def _announce(timelines: Timelines, rulebook: Rulebook, queue: Queue, now: datetime) -> None:
    """Tell the events queue of what a trigger listens to."""
    triggers: list[Trigger] = [trigger for trigger in rulebook.triggers.values() if trigger.kind == "event"]
    if not triggers:
        return
    bodies: list[bytes] = []
    for customer_id, events in timelines.items():
        news = [
            event
            for event in events
            if not isinstance(event, SourceRecord)
            and any(from_event(t, event, now) is not None for t in triggers)
        ]
        for start in range(0, len(news), _KEYS_PER_MESSAGE):
            told = news[start : start + _KEYS_PER_MESSAGE]
            records = sorted({subject_of(event) for event in told} - {""})
            bodies.append(
                msgspec.json.encode(EventMessage(customer_id, [event_key(event) for event in told], records))
            )
    if bodies:
        queue.send(bodies)


def _unpacked(document: bytes) -> bytes:
    try:
        return zlib.decompress(document, wbits=31) if document[:2] == b"\x1f\x8b" else document
    except zlib.error as error:
        raise RefusedInput(f"the staged chunk is no whole gzip: {error}") from error


__all__ = [
    "ChunkMessage",
    "Loading",
    "apply_rows",
    "decode_message",
    "fold_arrivals",
    "incoming_of",
    "load_chunk",
    "stop_contacts",
    "subject_of",
]
