"""What stays of an erased person: keyed hashes that tell a later file's row from a stranger's, with the id that the customer had.

A hash is of a person record's name, or of an exact key (e-mail, phone, document, loyalty number) together with how the holder's name
sounds. So a son who uses his erased father's address is let in, while a row with the address alone is not: nobody could say whose it is.
"""

from collections.abc import Iterable

from courtesy.identity.block import EXACT, name_sounds
from courtesy.identity.filing import hashed_entries
from courtesy.identity.hashing import keyed_hash
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.traits import Traits

SHARDS = 64
"""Sets that the hashes are spread over, each one item of the identity index: room for about 80,000 people."""

_ANY, _NAMELESS = "\0any", "\0nameless"


def hashes_of(key: bytes, subject: str, traits: Traits | None) -> frozenset[str]:
    """What stays of a person record; `traits` None where the record's content is not known."""
    sounds = " ".join(name_sounds(traits)) if traits else ""
    return _hashes(key, subject, traits, (_ANY, sounds or _NAMELESS))


def erased_among(
    index: IdentityIndex, key: bytes, people: Iterable[tuple[str, Traits | None]]
) -> dict[str, str]:
    """Those of the person records (subject, traits) that are of somebody erased, each with that customer's id; one batch read."""
    asked: dict[str, set[str]] = {}
    for subject, traits in people:
        sounds = " ".join(name_sounds(traits)) if traits else ""
        found = _hashes(key, subject, traits, (_NAMELESS, sounds) if sounds else (_ANY,))
        asked.setdefault(subject, set()).update(found)
    shards = index.read_members({_shard(found) for hashes in asked.values() for found in hashes})
    kept = dict(member.split("|", 1) for members in shards.values() for member in sorted(members))
    return {subject: kept[min(met)] for subject, hashes in asked.items() if (met := hashes & kept.keys())}


def remember(index: IdentityIndex, hashes: Iterable[str], customer_id: str) -> None:
    """Keep an erased customer's hashes for good; keeping one twice changes nothing."""
    members: dict[str, set[str]] = {}
    for one in hashes:
        members.setdefault(_shard(one), set()).add(f"{one}|{customer_id}")
    index.add_members(members)


def subject_hash(key: bytes, subject: str) -> str:
    """What stays of a person record's name."""
    return keyed_hash(key, "erased", subject)


def _hashes(key: bytes, subject: str, traits: Traits | None, holders: Iterable[str]) -> frozenset[str]:
    exact = [e for e in hashed_entries(key, traits) if e.partition(":")[0] in EXACT] if traits else []
    return frozenset(
        {
            subject_hash(key, subject),
            *(keyed_hash(key, "erased", f"{entry}\0{who}") for entry in exact for who in holders),
        }
    )


def _shard(found: str) -> str:
    return f"erased:{sum(found.encode()) % SHARDS:02}"
