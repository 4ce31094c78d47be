"""What the identity index holds on a person record, and on pairs that a person has to look at."""

from datetime import datetime
from zlib import crc32

import msgspec

from courtesy.identity.block import name_sounds
from courtesy.identity.hashing import customer_id_of, keyed_hash
from courtesy.identity.traits import Traits


class Evidence(msgspec.Struct, frozen=True, array_like=True):
    """Why a record is linked to `other`: bits of evidence and the levels of agreement, `field=level` words."""

    other: str
    weight: float
    levels: str


class IndexedRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person record in the index.

    subject:     `source/id`
    order:       what orders its versions (stated, event time, version); the traits are those of the latest
    entries:     hashed entries under which it is filed
    customer_id: the customer it belongs to; empty until it was placed
    leaving:     customers on whose timelines its events may still stand, while a merge or split is under way
    arrived:     these events have all been brought home; what is left to do is to take off marks
    pending:     its traits changed and it was not placed since
    together, apart: records that a person joined it with, or parted it from (do-not-link)
    rivals:      records that the evidence links it with but that something keeps apart
    links:       the evidence that holds it to its customer
    revision:    counts the writes; every write names the one it has read (0: none)
    """

    subject: str
    traits: Traits = Traits()
    order: tuple[str, str, str] = ("", "", "")
    entries: tuple[str, ...] = ()
    customer_id: str = ""
    leaving: tuple[str, ...] = ()
    arrived: bool = False
    pending: bool = False
    together: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    links: tuple[Evidence, ...] = ()
    revision: int = 0

    @property
    def member(self) -> str:
        """How it is named in the sets of its entries: its holder's name in short, then the subject."""
        return member_of(self.subject, self.traits)


class PossibleMatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two person records that may be one customer; left < right."""

    left: str
    right: str
    weight: float
    levels: str
    found: datetime

    @property
    def id(self) -> str:
        """Names the pair in addresses, without saying who it is."""
        return match_id(self.left, self.right)


def match_id(left: str, right: str) -> str:
    """The id of a possible match of two subjects, in whatever order."""
    return keyed_hash(b"", "possible", "\0".join(sorted((left, right))))


def member_of(subject: str, traits: Traits) -> str:
    """`holder|subject`: records whose names sound alike have the same holder, so distinct holders can be counted."""
    sounds = name_sounds(traits)
    return f"{crc32(' '.join(sounds).encode()):08x}|{subject}" if sounds else f"|{subject}"


def subject_of(member: str) -> str:
    """The subject, `source/id`, of the record that a member of an entry stands for."""
    return member.partition("|")[2]


def customer_entry(customer_id: str) -> str:
    """The entry under which the records of a customer are filed."""
    return f"customer:{customer_id}"


def lowest_id(key: bytes, subjects: list[str]) -> str:
    """The customer_id of a cluster: the smallest of those that its records would have alone."""
    return min(customer_id_of(key, subject) for subject in subjects)
