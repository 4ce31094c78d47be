"""Taking person records out of the identity index: their entries, their pairs, and the records themselves."""

from collections.abc import Collection

from msgspec.structs import replace

from courtesy.errors import Conflict
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry, subject_of

ROUNDS = 8
_PAGE = 500


def forget_records(index: IdentityIndex, subjects: Collection[str]) -> int:
    """Remove records and all that mentions them; returns how many there were. Again changes nothing. Raises Conflict."""
    gone = set(subjects)
    records = index.read_records(sorted(gone))
    entries = {entry for record in records.values() for entry in record.entries}
    entries |= {customer_entry(record.customer_id) for record in records.values() if record.customer_id}
    held = index.read_members(sorted(entries))
    index.remove_members(
        {
            entry: mine
            for entry, members in held.items()
            if (mine := {member for member in members if subject_of(member) in gone})
        }
    )
    neighbours = {
        other
        for record in records.values()
        for other in (*record.together, *record.apart, *record.rivals, *(link.other for link in record.links))
    }
    _part(index, neighbours - gone, gone)
    _drop_matches(index, gone)
    index.delete_records(sorted(gone))
    return len(records)


def _part(index: IdentityIndex, neighbours: set[str], gone: set[str]) -> None:
    """Take the mention of them out of the records of others."""
    left = neighbours
    for _ in range(ROUNDS):
        parted = [
            without
            for record in index.read_records(sorted(left)).values()
            if (without := _without(record, gone)) != record
        ]
        left = index.write_records(parted) if parted else set()
        if not left:
            return
    raise Conflict(f"records beside them were changed by others {ROUNDS} times in a row; try again")


def _without(record: IndexedRecord, gone: set[str]) -> IndexedRecord:
    return replace(
        record,
        together=tuple(s for s in record.together if s not in gone),
        apart=tuple(s for s in record.apart if s not in gone),
        rivals=tuple(s for s in record.rivals if s not in gone),
        links=tuple(link for link in record.links if link.other not in gone),
    )


def _drop_matches(index: IdentityIndex, gone: set[str]) -> None:
    after = ""
    while page := index.list_matches(_PAGE, after):
        index.delete_matches([match.id for match in page if {match.left, match.right} & gone])
        after = page[-1].id
