"""Erasure: a person goes from every store, and a certificate says what was done.

1. `begin` puts the erasure on the list of what is asked for and writes the standing `erasure` with its effect on the profile in one
   transaction; what waits to be sent is cancelled or asked back. From that instant nobody may contact the customer, whatever
   becomes of the rest. The certificate is begun, and the keyed hashes that stay are kept, so that files which arrive meanwhile
   bring nothing back.
2. `carry_on` looks through the buckets for all who are on the list, object by object; when its time is up it notes how far it came
   and goes on there the next time.
3. Each person's printed pieces go, their records from the identity index, the timeline is emptied but for the standing, last the
   profile becomes the fold of that.

Each step may be done again and finds what is left, so an erasure that died is simply carried on. A printed piece that was asked back
keeps its contact on the timeline until the vendor has answered; the erasure then ends as `waiting` and goes on the next night.
`ask_again` is that night's round: whoever waits, whoever a restored table brought back, and once more whoever was erased since the
night before, since a cycle that was under way may have written rows after they were looked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from courtesy.decisions.settle import stop_open_contacts
from courtesy.errors import Conflict, NotFound
from courtesy.identity.corrected import corrections_in, forget_look_ups
from courtesy.identity.filing import subjects_in
from courtesy.identity.hashing import customer_id_of
from courtesy.identity.normalise import traits_of
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry
from courtesy.ports import CustomerStore, Lake
from courtesy.privacy.bury import bury, empty_redirects, forget_notes
from courtesy.privacy.certificate import (
    EVERYBODY,
    Certificate,
    ask_for,
    asked_for,
    certificate_of,
    certificates,
    settle_asked,
    write_certificate,
)
from courtesy.privacy.erased import hashes_of, remember
from courtesy.privacy.forget import forget_records
from courtesy.privacy.scrub import DROPPED, Search, Unreadable, scrub_pieces
from courtesy.privacy.traces import Traces, traces_of
from courtesy.privacy.withdraw import record_privacy
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.contacts import found
from courtesy.timeline.events import COURTESY, Contact, Event, Privacy
from courtesy.timeline.fold import fold

SAVED_EVERY = 200
"""Objects after which it is noted how far the search came."""

SECOND_LOOK = timedelta(days=3)
"""For so long after its end an erasure is looked after each night."""

_ROWS, _FILES, _DAMAGED = (
    "rows of the lake",
    "dropped files",
    "objects too damaged to be read (nothing removed)",
)


@dataclass(frozen=True)
class Erasing:
    """What an erasure works with. `by`: the pseudonymous id of who asked for it; drops: the bucket of dropped files."""

    store: CustomerStore
    index: IdentityIndex
    lake: Lake
    rulebook: Rulebook
    hash_key: bytes
    now: datetime
    by: str
    drops: Lake | None = None


def erase(customer_id: str, outside: Erasing) -> Certificate:
    """Erase a customer from beginning to end, however long it takes. Raises as `begin` and `carry_on`: then begin anew."""
    begun = begin(customer_id, outside)
    carry_on(outside, only=[begun.customer_id])
    return certificate_of(outside.lake, begun.customer_id)


def begin(customer_id: str, outside: Erasing) -> Certificate:
    """Block the customer for good and ask for the rest. Raises NotFound, Conflict, OutsideFailed: then begin anew."""
    stored = outside.store.read_profile(customer_id)
    if stored.version == 0:
        raise NotFound(f"there is no customer {customer_id}")
    id_ = stored.profile.customer_id
    if stored.profile.merging:
        raise Conflict("this customer is being merged or split; try again in a minute")
    ask_for(outside.lake, id_, outside.by)
    if "erasure" not in stored.profile.privacy:
        record_privacy(outside.store, id_, "erasure", "on", outside.rulebook, outside.now)
    stop_open_contacts(outside.store, id_, outside.rulebook, outside.now)
    events = outside.store.read_timeline(id_)
    certificate = _begin(id_, _records_of(id_, outside), events, outside)
    remember(outside.index, certificate.hashes, id_)
    return certificate


def carry_on(
    outside: Erasing, patience: Callable[[], bool] = lambda: True, only: Sequence[str] = ()
) -> dict[str, str]:
    """Go on with what is asked for (`only` these customers'), while there is patience; customer_id -> status.

    People whose search has begun come first, together; whoever was asked for meanwhile comes after them. Nobody may run it
    twice at the same time: two that write the same object anew would undo one another.
    """
    asked = asked_for(outside.lake)
    if EVERYBODY in asked and not only:
        ask_again(outside)
        settle_asked(outside.lake, [EVERYBODY])
        asked = asked_for(outside.lake)
    wanted = (_held(id_, asked[id_], outside) for id_ in sorted(asked) if id_ in only or not only)
    held = [certificate for certificate in wanted if certificate is not None]
    begun = [certificate for certificate in held if certificate.after]
    statuses: dict[str, str] = {certificate.customer_id: certificate.status for certificate in held}
    group = begun or held
    if group and (looked := _search(group, outside, patience)) is not None:
        for certificate in looked:
            try:
                ended = _finish(certificate, outside)
            except Conflict:
                # Somebody else was at the customer all the time; the next run finds them on the list.
                write_certificate(msgspec.structs.replace(certificate, after=""), outside.lake)
                continue
            statuses[ended.customer_id] = ended.status
            settle_asked(outside.lake, [ended.customer_id])
    return statuses


def ask_again(outside: Erasing) -> list[str]:
    """Ask for all that has work left: see the head of this module. Who was asked for."""
    again: set[str] = set()
    for held in certificates(outside.lake):
        remember(outside.index, held.hashes, held.customer_id)
        for id_ in sorted(outside.store.read_profiles(held.ids)):
            if _is_back(id_, held, outside):
                again.add(begin(id_, outside).customer_id)
        fresh = held.finished is not None and outside.now - held.finished <= SECOND_LOOK
        if held.customer_id not in again and (held.status != "done" or fresh):
            ask_for(outside.lake, held.customer_id, held.by)
            again.add(held.customer_id)
    return sorted(again)


def _held(id_: str, by: str, outside: Erasing) -> Certificate | None:
    """The certificate of what was asked for; begun now where whoever asked died before. None: not now, or nobody is there."""
    try:
        return certificate_of(outside.lake, id_)
    except NotFound:
        pass
    try:
        return begin(id_, replace(outside, by=by))
    except NotFound:
        settle_asked(outside.lake, [id_])
    except Conflict:  # merged or split right now; it stays on the list
        pass
    return None


def _search(
    group: Sequence[Certificate], outside: Erasing, patience: Callable[[], bool]
) -> list[Certificate] | None:
    """Look through the buckets for all of the group; None where time was up before the end."""
    people = [_traces(certificate, outside) for certificate in group]
    state = {certificate.customer_id: certificate for certificate in group}
    with TemporaryDirectory() as scratch:
        search = Search(
            outside.lake, outside.drops, outside.rulebook.sources, people, Path(scratch), outside.hash_key
        )
        places = search.places()
        after = min(certificate.after for certificate in group)
        for number, place in enumerate(places):
            if place <= after:
                continue
            what = _FILES if place.startswith(DROPPED) else _ROWS
            try:
                cleared = search.clear(place)
            except Unreadable:
                what, cleared = _DAMAGED, dict.fromkeys(state, 1)
            for id_, count in cleared.items():
                state[id_] = _counted(state[id_], {what: count})
            patient = patience()
            if number % SAVED_EVERY == SAVED_EVERY - 1 or not patient:
                for id_, certificate in state.items():
                    state[id_] = msgspec.structs.replace(
                        certificate, after=place, looked=number + 1, objects=len(places)
                    )
                    write_certificate(state[id_], outside.lake)
            if not patient:
                return None
    return [
        msgspec.structs.replace(state[c.customer_id], looked=len(places), objects=len(places)) for c in group
    ]


def _finish(certificate: Certificate, outside: Erasing) -> Certificate:
    """All but the buckets' rows: pieces, the identity index, notes, the timeline and the profile."""
    id_ = certificate.customer_id
    events = outside.store.read_timeline(id_)
    contacts = [e for e in events if isinstance(e, Contact)]
    records = _records_of(id_, outside)
    removed = {
        "printed pieces": scrub_pieces(
            outside.lake, outside.rulebook.messages.vendors, (c for c in contacts if not found(c))
        ),
        "look-ups by corrected values": forget_look_ups(outside.index, records),
        "records of the identity index": forget_records(outside.index, records),
        "notes on codes and households": forget_notes(outside.store, id_, certificate.ids, contacts),
    }
    removed["events"], waiting = bury(outside.store, id_, certificate.requested)
    removed["events"] += empty_redirects(outside.store, id_, certificate.ids)
    ended = msgspec.structs.replace(
        _counted(certificate, removed),
        status="waiting" if waiting else "done",
        pieces=waiting,
        runs=certificate.runs + 1,
        finished=None if waiting else certificate.finished or outside.now,
        after="",
    )
    write_certificate(ended, outside.lake)
    return ended


def _counted(certificate: Certificate, removed: dict[str, int]) -> Certificate:
    done = certificate.done | {what: certificate.done.get(what, 0) + n for what, n in removed.items()}
    return msgspec.structs.replace(certificate, done=done)


def _traces(certificate: Certificate, outside: Erasing) -> Traces:
    id_ = certificate.customer_id
    return traces_of(
        id_, certificate.ids, certificate.hashes, _records_of(id_, outside), outside.store.read_timeline(id_)
    )


def _is_back(id_: str, held: Certificate, outside: Erasing) -> bool:
    kept = set(held.hashes)
    return any(
        not hashes_of(outside.hash_key, subject, None).isdisjoint(kept)
        for subject in _records_of(id_, outside)
    )


def _records_of(id_: str, outside: Erasing) -> dict[str, IndexedRecord]:
    """The customer's person records, those included that the index does not know."""
    profile = outside.store.read_profiles([id_])[id_].profile
    filed = outside.index.read_members([customer_entry(id_)])
    named = {*profile.subjects, *subjects_in(filed.get(customer_entry(id_), ()))}
    records = outside.index.read_records(sorted(named))
    return {
        subject: records.get(subject, IndexedRecord(subject=subject))
        for subject in sorted(named)
        if subject not in records or records[subject].customer_id in (id_, "")
    }


def _hashes_of_corrected(id_: str, events: Sequence[Event], outside: Erasing) -> set[str]:
    """What stays of what the person put right, so that a source that was told brings nobody back under a name of its own."""
    said = {field: value for event in corrections_in(events) for field, value in event.fields.items()}
    if not said:
        return set()
    values = fold(id_, events).values
    names = {field: values[field].value for field in ("given_name", "surname", "name") if field in values}
    traits = traits_of(names | said, outside.rulebook.identity.region)
    return set(hashes_of(outside.hash_key, f"{COURTESY}/{id_}", traits))


def _begin(
    id_: str, records: dict[str, IndexedRecord], events: Sequence[Event], outside: Erasing
) -> Certificate:
    hashes = {
        one
        for subject, record in records.items()
        for one in hashes_of(outside.hash_key, subject, record.traits)
    }
    hashes |= _hashes_of_corrected(id_, events, outside)
    ids = {id_, *(customer_id_of(outside.hash_key, subject) for subject in records)}
    try:
        held = certificate_of(outside.lake, id_)
    except NotFound:
        since = [
            e.when for e in events if isinstance(e, Privacy) and e.type == "erasure" and e.status == "on"
        ]
        held = Certificate(
            customer_id=id_, requested=max(since, default=outside.now), by=outside.by, ids=(), hashes=(), done={},
            rulebook=outside.rulebook.version,
        )  # fmt: skip
    begun = msgspec.structs.replace(
        held,
        ids=tuple(sorted({*held.ids, *ids})),
        hashes=tuple(sorted({*held.hashes, *hashes})),
        status="running",
        finished=None,
    )
    write_certificate(begun, outside.lake)
    return begun
