"""Filing person records in the index: hashed entries, their power, and who meets whom there."""

from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from itertools import combinations

from courtesy.identity.block import EXACT, entries_of
from courtesy.identity.cluster import Pair, pair
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, subject_of
from courtesy.identity.rules import IdentityRules
from courtesy.identity.traits import Traits

EXACT_BOUND_FACTOR = 4
"""An exact key also loses its power when its records, whoever holds them, are this many times a block's bound."""


def hashed_entries(key: bytes, traits: Traits) -> tuple[str, ...]:
    """The entries of a record, sorted, with the values hashed: `kind:hash`, 96 bits of a keyed BLAKE2b."""
    return hashed(key, entries_of(traits))


def hashed(key: bytes, entries: Iterable[str]) -> tuple[str, ...]:
    """Entries with their values hashed, sorted."""
    made = []
    for entry in entries:
        digest = blake2b(entry.encode("utf-8", "surrogatepass"), key=key[:64], digest_size=12).hexdigest()
        made.append(f"{entry[: entry.index(':')]}:{digest}")
    return tuple(sorted(made))


def powerless(entry: str, members: Collection[str], rules: IdentityRules) -> bool:
    """Whether so many share the entry that sharing it means nothing. Once so, nobody is added or taken out any more."""
    if len(members) <= rules.holder_limit and len(members) <= rules.block_bound:
        return False
    if entry.partition(":")[0] in EXACT:
        holders = len({member.partition("|")[0] for member in members})
        return holders > rules.holder_limit or len(members) > EXACT_BOUND_FACTOR * rules.block_bound
    return len(members) > rules.block_bound


def file_entries(
    index: IdentityIndex,
    changed: Iterable[tuple[IndexedRecord | None, IndexedRecord]],
    rules: IdentityRules,
) -> None:
    """File records under their new entries and take them from the old ones; (as it was or None, as it is)."""
    added: dict[str, set[str]] = {}
    removed: dict[str, set[str]] = {}
    for old, new in changed:
        member = new.member
        for entry in new.entries:
            added.setdefault(entry, set()).add(member)
        if old is not None:
            former = old.member
            gone = old.entries if former != member else set(old.entries) - set(new.entries)
            for entry in gone:
                removed.setdefault(entry, set()).add(former)
    held = index.read_members({*added, *removed})
    index.remove_members(
        {
            entry: members
            for entry, members in removed.items()
            if not powerless(entry, held.get(entry, ()), rules)
            and not members.isdisjoint(held.get(entry, ()))
        }
    )
    index.add_members(
        {
            entry: missing
            for entry, members in added.items()
            if not powerless(entry, held.get(entry, ()), rules)
            and (missing := members - held.get(entry, frozenset()))
        }
    )


def meetings(
    records: Mapping[str, IndexedRecord], members: Mapping[str, frozenset[str]], rules: IdentityRules
) -> dict[Pair, None]:
    """The pairs of these records that share an entry with power; `members` holds every entry that two of them share."""
    shared: dict[str, list[str]] = {}
    for subject, record in records.items():
        for entry in record.entries:
            shared.setdefault(entry, []).append(subject)
    met: dict[Pair, None] = {}
    for entry, subjects in shared.items():
        if len(subjects) > 1 and not powerless(entry, members.get(entry, ()), rules):
            for one, two in combinations(subjects, 2):
                met[pair(one, two)] = None
    return met


def weak_entries(members: Mapping[str, frozenset[str]], rules: IdentityRules) -> frozenset[str]:
    """The entries of exact keys and addresses that so many share that agreement in them says nothing."""
    return frozenset(
        entry
        for entry, held in members.items()
        if len(held) > 1 and entry.partition(":")[0] in _LOSES and powerless(entry, held, rules)
    )


def dull_fields(one: IndexedRecord, two: IndexedRecord, weak: Collection[str]) -> frozenset[str]:
    """The fields that both agree in but that so many share that agreement says nothing; `weak`: see `weak_entries`."""
    if not weak:
        return _NOTHING
    lost = {entry.partition(":")[0] for entry in one.entries if entry in weak and entry in two.entries}
    if not lost:
        return _NOTHING
    fields = {_FIELD[kind] for kind in lost if kind in _FIELD}
    if lost >= _ADDRESS:
        fields |= {"number", "street", "city", "postcode", "state"}
    return frozenset(fields)


_NOTHING: frozenset[str] = frozenset()
_ADDRESS = frozenset({"hs", "hp"})
"""House number with street, and with postcode: where both are shared by so many, it is a dealer's address or an office's."""
_FIELD = {"email": "email", "phone": "phone", "id": "national_id", "loyalty": "keys", "vin": "keys"}
_LOSES = _ADDRESS | frozenset(_FIELD)


def subjects_in(members: Iterable[str]) -> set[str]:
    """Whose records these members of entries are: their subjects, `source/id`."""
    return {subject_of(member) for member in members}
