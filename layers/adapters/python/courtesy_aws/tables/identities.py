"""The `identities` table: person records, the sets of their entries, and possible matches, told apart by their key.

    entry                 member      attributes
    record#<digest>       -           document (the record, packed as profiles are), revision
    <kind>:<hash>         -           members (a set of text)
    customer:<id>         -           members
    right-<kind>:<hash>   -           members: records of whom a correction says this value (`identity.corrected`)
    wrong-<kind>:<hash>   -           members: records of whom a correction says it is not theirs
    corrected:<digest>    -           members: under which of these a record stands
    possible#<shard>      <match id>  document

No key holds a personal value: entries are keyed hashes, and a record is found by a digest of its subject.
"""

from hashlib import blake2b
from typing import Any

import msgspec

from courtesy.identity.record import IndexedRecord, PossibleMatch
from courtesy_aws.tables.profiles import pack, unpack

ALONE = "-"
"""The range key where an entry has one item only."""

MATCH_SHARDS = "0123456789abcdef"
"""Possible matches are spread over so many partitions."""

_records = msgspec.json.Decoder(IndexedRecord)
_matches = msgspec.json.Decoder(PossibleMatch)
_encoder = msgspec.json.Encoder()


def record_key(subject: str) -> dict[str, Any]:
    """Where a record is kept: its subject hashed, 128 bits, so that keys carry no id of a source."""
    return item_key("record#" + blake2b(subject.encode(), digest_size=16).hexdigest())


def item_key(entry: str, member: str = ALONE) -> dict[str, Any]:
    """A key as DynamoDB takes it: the entry, and one of its members or ALONE for what has none."""
    return {"entry": {"S": entry}, "member": {"S": member}}


def match_key(match_id: str) -> dict[str, Any]:
    """The key of a possible match; its shard comes of its id."""
    shard = MATCH_SHARDS[sum(match_id.encode()) % len(MATCH_SHARDS)]
    return item_key(f"possible#{shard}", match_id)


def record_item(record: IndexedRecord) -> dict[str, Any]:
    """A record as it is stored: packed JSON, and its revision as an attribute for conditions."""
    revision = {"revision": {"N": str(record.revision)}}
    return record_key(record.subject) | revision | {"document": {"B": pack(_encoder.encode(record))}}


def match_item(match: PossibleMatch) -> dict[str, Any]:
    """A possible match as it is stored: JSON below its id."""
    return match_key(match.id) | {"document": {"B": _encoder.encode(match)}}


def record_in(item: dict[str, Any]) -> IndexedRecord:
    """The record that an item holds; the inverse of `record_item`."""
    return _records.decode(unpack(item["document"]["B"]))


def match_in(item: dict[str, Any]) -> PossibleMatch:
    """The possible match of an item."""
    return _matches.decode(item["document"]["B"])
