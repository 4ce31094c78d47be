"""What a person decides about customers: these are one, these are not; recorded on the index and on timelines.

Nothing is moved here by hand. The decision is written on the records (`together`, `apart`), the records are placed anew, and
their events follow (`move.fetch`). Each step can be taken twice, so a command that died is simply given again.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from courtesy.decisions.effects import Step, write_folded
from courtesy.errors import Conflict, NotFound, RefusedInput
from courtesy.identity.cluster import Pair, pair
from courtesy.identity.move import fetch, release
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, PossibleMatch, customer_entry, match_id, subject_of
from courtesy.identity.resolve import ATTEMPTS, Incoming, place
from courtesy.identity.rules import IdentityRules
from courtesy.ports import CustomerStore
from courtesy.timeline.events import COURTESY, Link
from courtesy.timeline.refold import refold


@dataclass(frozen=True)
class Desk:
    """What a decision works with; `by` names who decides, for the record."""

    index: IdentityIndex
    store: CustomerStore
    rules: IdentityRules
    hash_key: bytes
    now: datetime
    by: str = ""


def merge_customers(desk: Desk, one: str, two: str) -> str:
    """Unite two customers; returns the survivor's id (the smaller). Raises NotFound, RefusedInput, Conflict.

    All their records are tied, not one of each: of a customer that is tied by one record alone, records that contradict the
    other customer's would stay behind as somebody new. Refused where a person parted them before: split and merge of the
    same records would undo each other unseen.
    """
    first, second = _records_of(desk, one), _records_of(desk, two)
    left, right = min(first), min(second)
    if first[left].customer_id == second[right].customer_id:
        return _finish(desk, first)[left].customer_id
    if any(other in second for record in first.values() for other in record.apart):
        raise RefusedInput(
            "these two were parted by a person (do-not-link); allow the link first, then merge"
        )
    ties = {pair(left, other) for other in second} | {pair(own, right) for own in first}
    return _decide(desk, ties, "same")[left].customer_id


def split_customer(desk: Desk, customer_id: str, subjects: Collection[str]) -> dict[str, str]:
    """Make some records of a customer somebody else, and keep it so; returns each record's customer_id.

    Raises NotFound where one is no record of this customer, RefusedInput where none would remain.
    """
    records = _records_of(desk, customer_id)
    leaving = sorted(set(subjects))
    if not leaving:
        raise RefusedInput("name at least one record that is somebody else")
    strangers = [subject for subject in leaving if subject not in records]
    elsewhere = desk.index.read_records(strangers)
    if strangers and all(s in elsewhere and set(records) <= set(elsewhere[s].apart) for s in strangers):
        placed = _finish(desk, {*records, *strangers})  # the same command died before it was through
        return {subject: placed[subject].customer_id for subject in (*records, *strangers)}
    if strangers:
        raise NotFound(f"{len(strangers)} of the records named are no records of customer {customer_id}")
    staying = sorted(set(records) - set(leaving))
    if not staying and all(record.apart for record in records.values()):
        parted = {other for record in records.values() for other in record.apart}
        placed = _finish(desk, {*records, *parted})
        return {subject: placed[subject].customer_id for subject in (*records, *parted)}
    if not staying:
        raise RefusedInput("these are all the records of this customer; somebody has to remain")
    placed = _decide(desk, {pair(goes, stays) for goes in leaving for stays in staying}, "different")
    return {subject: placed[subject].customer_id for subject in (*leaving, *staying)}


def list_matches(desk: Desk, limit: int = 50, after: str = "") -> list[PossibleMatch]:
    """Possible matches that nobody has decided and that are still two customers; obsolete ones leave the queue."""
    found: list[PossibleMatch] = []
    while len(found) < limit:
        queued = desk.index.list_matches(limit, after)
        if not queued:
            break
        after = queued[-1].id
        records = desk.index.read_records({s for match in queued for s in (match.left, match.right)})
        done = [match.id for match in queued if not _open(match, records)]
        desk.index.delete_matches(done)
        found += [match for match in queued if match.id not in done]
    return found[:limit]


def confirm_match(desk: Desk, id_: str) -> str:
    """The two records are one customer; returns its id. Raises NotFound."""
    match = _match(desk, id_)
    placed = _decide(desk, {pair(match.left, match.right)}, "same")
    desk.index.delete_matches([id_])
    return placed[match.left].customer_id


def refuse_match(desk: Desk, id_: str) -> None:
    """The two records are different people, now and later. Raises NotFound."""
    match = _match(desk, id_)
    _decide(desk, {pair(match.left, match.right)}, "different")
    desk.index.delete_matches([id_])


def _decide(
    desk: Desk, pairs: Collection[Pair], verdict: Literal["same", "different"]
) -> dict[str, IndexedRecord]:
    """Record the decision, write it on every pair, place the records anew and bring their events home.

    Recorded first: once it is on the index, whoever comes by may carry it out, and giving the command again only ends what it began.
    """
    field, undone = ("together", "apart") if verdict == "same" else ("apart", "together")
    others: dict[str, set[str]] = {}
    for left, right in pairs:
        others.setdefault(left, set()).add(right)
        others.setdefault(right, set()).add(left)
    subjects = others.keys()

    def decided(record: IndexedRecord) -> IndexedRecord:
        told = set(getattr(record, field)) | others[record.subject]
        untold = set(getattr(record, undone)) - others[record.subject]
        return replace(record, **{field: tuple(sorted(told)), undone: tuple(sorted(untold)), "pending": True})

    _record(desk, min(pairs), verdict)
    _write(desk.index, subjects, decided)
    placed = _finish(desk, subjects)
    desk.index.delete_matches({match_id(left, right) for left, right in pairs})
    return placed


def _finish(desk: Desk, subjects: Collection[str]) -> dict[str, IndexedRecord]:
    """Place records and bring their events home, whatever of it was done before."""
    placed = place([Incoming(s) for s in subjects], desk.index, desk.rules, desk.hash_key, desk.now)
    fetch(placed.values(), desk.index, desk.store, desk.hash_key)
    homes = {placed[s].customer_id for s in subjects}
    release(homes, desk.index, desk.store)
    for customer_id in sorted(homes):
        refold(desk.store, customer_id)
    return placed


def _write(
    index: IdentityIndex, subjects: Collection[str], changed: Callable[[IndexedRecord], IndexedRecord]
) -> None:
    left = set(subjects)
    for _ in range(ATTEMPTS):
        records = index.read_records(left)
        if left - set(records):
            raise NotFound(f"{len(left - set(records))} of these records are not known to the index")
        left = index.write_records([changed(records[subject]) for subject in sorted(left)])
        if not left:
            return
    raise Conflict("these records were changed by others every time; try again")


def _record(desk: Desk, told: Pair, verdict: Literal["same", "different"]) -> None:
    """Put the decision on the timelines before it takes effect, so that it moves with the records it is about."""
    left, right = told
    link = Link(
        source=COURTESY,
        id=match_id(left, right),
        when=desk.now,
        left=left,
        right=right,
        verdict=verdict,
        evidence=f"decided by {desk.by}" if desk.by else "decided by a person",
    )
    records = desk.index.read_records([left, right])
    if len(records) < len(told):
        return  # erased a moment ago: nothing is to name it, and writing the decision says so
    for customer_id in sorted({record.customer_id for record in records.values()} - {""}):
        write_folded(
            desk.store, customer_id, lambda _, timeline: None if link in timeline else Step(new=[link])
        )


def _records_of(desk: Desk, customer_id: str) -> dict[str, IndexedRecord]:
    """The records of a customer, redirects followed. Raises NotFound."""
    id_ = desk.store.read_profile(customer_id).profile.customer_id
    filed = desk.index.read_members([customer_entry(id_)]).get(customer_entry(id_), frozenset())
    records = desk.index.read_records({subject_of(member) for member in filed})
    own = {subject: record for subject, record in records.items() if record.customer_id == id_}
    if not own:  # all of them are on their way to somebody else
        own = {subject: record for subject, record in records.items() if id_ in record.leaving}
    if not own:
        raise NotFound(f"customer {customer_id}: there is none, or no record of theirs")
    return own


def _match(desk: Desk, id_: str) -> PossibleMatch:
    match = desk.index.read_match(id_)
    if match is None:
        raise NotFound(f"possible match {id_}: there is none, or it has been decided")
    return match


def _open(match: PossibleMatch, records: dict[str, IndexedRecord]) -> bool:
    left, right = records.get(match.left), records.get(match.right)
    if left is None or right is None:
        return False
    return left.customer_id != right.customer_id and match.right not in left.apart
