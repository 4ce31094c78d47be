"""Erasure: a person goes from every store, and a certificate says what was done.

1. The standing `erasure` is written with its effect on the profile in one transaction, and what waits to be sent is cancelled or asked
   back. From that instant nobody may contact the customer, whatever becomes of the rest.
2. The certificate is begun, and the keyed hashes that stay are kept, so that files which arrive meanwhile bring nothing back.
3. The person's rows go from the lake, their records from the identity index.
4. The timeline is emptied but for the standing, last the profile becomes the fold of that.

Each step may be done again and finds what is left, so an erasure that died is simply begun anew. A printed piece that was asked back
keeps its contact on the timeline until the vendor has answered; the erasure then ends as `waiting` and goes on when it is called again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from courtesy.decisions.settle import stop_open_contacts
from courtesy.errors import Conflict, NotFound
from courtesy.identity.filing import subjects_in
from courtesy.identity.hashing import customer_id_of
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry
from courtesy.ports import CustomerStore, Lake
from courtesy.privacy.erased import hashes_of, remember
from courtesy.privacy.forget import forget_records
from courtesy.privacy.scrub import scrub_columns, scrub_pieces, scrub_rows
from courtesy.privacy.withdraw import record_privacy
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.contacts import found
from courtesy.timeline.events import COURTESY, Contact, Event, Feedback, Privacy, SourceRecord, event_key
from courtesy.timeline.fold import fold

CERTIFICATES = "outcomes/erasures/"
ROUNDS = 8

REMAINS = (
    "keyed hashes of record names and exact keys, so that a later file brings nothing back",
    "the customer's id with the standing `erasure`",
    "files as sources dropped them, until they expire",
    "mail and print that has left the house",
)
"""What an erasure leaves, in words for the person."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was done about one erasure; it holds no personal data.

    ids:      the customer's id and those that its records would have had alone or in earlier clusters
    hashes:   the keyed hashes that stay
    done:     what -> how many were removed, all runs together
    status:   `running`; `waiting` for the print vendor's answer on `pieces`; `done`
    """

    customer_id: str
    requested: datetime
    by: str
    rulebook: int
    ids: tuple[str, ...]
    hashes: tuple[str, ...]
    done: dict[str, int]
    status: Literal["running", "waiting", "done"] = "running"
    pieces: int = 0
    runs: int = 0
    finished: datetime | None = None
    remains: tuple[str, ...] = REMAINS


@dataclass(frozen=True)
class Erasing:
    """What an erasure works with. `by`: the pseudonymous id of who asked for it."""

    store: CustomerStore
    index: IdentityIndex
    lake: Lake
    rulebook: Rulebook
    hash_key: bytes
    now: datetime
    by: str


def erase(customer_id: str, outside: Erasing) -> Certificate:
    """Erase a customer, or go on where an earlier run ended. Raises NotFound, Conflict, OutsideFailed: then begin anew."""
    stored = outside.store.read_profile(customer_id)
    if stored.version == 0:
        raise NotFound(f"there is no customer {customer_id}")
    id_ = stored.profile.customer_id
    if stored.profile.merging:
        raise Conflict("this customer is being merged or split; try again in a minute")
    if "erasure" not in stored.profile.privacy:
        record_privacy(outside.store, id_, "erasure", "on", outside.rulebook, outside.now)
    stop_open_contacts(outside.store, id_, outside.rulebook, outside.now)
    records = _records_of(id_, outside)
    events = outside.store.read_timeline(id_)
    certificate = _begin(id_, records, events, outside)
    remember(outside.index, certificate.hashes, id_)
    removed = {
        "rows of the lake": scrub_columns(outside.lake, certificate.ids)
        + scrub_rows(outside.lake, outside.rulebook.sources, records, _addresses(events)),
        "printed pieces": scrub_pieces(
            outside.lake,
            outside.rulebook.messages.vendors,
            (e for e in events if isinstance(e, Contact) and not found(e)),
        ),
        "records of the identity index": forget_records(outside.index, records),
    }
    removed["events"], waiting = _bury(id_, certificate.requested, outside)
    ended = msgspec.structs.replace(
        certificate,
        done={what: certificate.done.get(what, 0) + count for what, count in removed.items()},
        status="waiting" if waiting else "done",
        pieces=waiting,
        runs=certificate.runs + 1,
        finished=None if waiting else outside.now,
    )
    _write(ended, outside.lake)
    return ended


def certificate_of(lake: Lake, customer_id: str) -> Certificate:
    """The certificate of a customer's erasure. Raises NotFound where there was none."""
    try:
        return msgspec.json.decode(lake.get(_path(customer_id)), type=Certificate)
    except NotFound:
        raise NotFound(f"customer {customer_id} was never erased") from None


def go_on(outside: Erasing) -> list[Certificate]:
    """Go on with the erasures that have not ended; their certificates."""
    return [erase(held.customer_id, outside) for held in _certificates(outside.lake) if held.status != "done"]


def repeat_all(outside: Erasing) -> list[Certificate]:
    """Do again what every certificate says: after a restore, whoever came back goes again. Those that found something."""
    again: list[Certificate] = []
    for held in _certificates(outside.lake):
        remember(outside.index, held.hashes, held.customer_id)
        back = (
            id_ for id_ in held.ids if outside.store.read_profiles([id_]) and _is_back(id_, held, outside)
        )
        again.extend(erase(id_, outside) for id_ in back)
    return again


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


def _begin(
    id_: str, records: dict[str, IndexedRecord], events: Sequence[Event], outside: Erasing
) -> Certificate:
    hashes = {
        one
        for subject, record in records.items()
        for one in hashes_of(outside.hash_key, subject, record.traits)
    }
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
    _write(begun, outside.lake)
    return begun


def _addresses(events: Iterable[Event]) -> set[str]:
    return {str(e.fields["email"]) for e in events if isinstance(e, SourceRecord) and e.fields.get("email")}


def _bury(id_: str, requested: datetime, outside: Erasing) -> tuple[int, int]:
    """Empty the timeline but for the standing; how many events went, and how many printed pieces are still asked back."""
    standing = Privacy(
        source=COURTESY, id="erasure", when=requested, version="on", type="erasure", status="on"
    )
    removed = 0
    for _ in range(ROUNDS):
        version = outside.store.read_profiles([id_])[id_].version
        outside.store.append(id_, [standing])
        events = outside.store.read_timeline(id_)
        open_ = {e.id for e in events if isinstance(e, Contact) and found(e)}
        kept = [
            e
            for e in events
            if event_key(e) == event_key(standing)
            or (isinstance(e, Contact) and e.id in open_)
            or (isinstance(e, Feedback) and e.contact in open_)
        ]
        gone = sorted({event_key(e) for e in events} - {event_key(e) for e in kept})
        outside.store.delete_events(id_, gone)
        removed += len(gone)
        if outside.store.put_profile(fold(id_, kept), version) == "committed" and not gone:
            return removed, len(open_)
    raise Conflict(f"the customer was changed by others {ROUNDS} times in a row; try again")


def _certificates(lake: Lake) -> list[Certificate]:
    return [msgspec.json.decode(lake.get(path), type=Certificate) for path in lake.list(CERTIFICATES)]


def _write(certificate: Certificate, lake: Lake) -> None:
    lake.put(_path(certificate.customer_id), msgspec.json.format(msgspec.json.encode(certificate), indent=1))


def _path(customer_id: str) -> str:
    return f"{CERTIFICATES}{customer_id}.json"
