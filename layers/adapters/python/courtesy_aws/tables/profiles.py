"""The `profiles` table: one item per customer with its version and the fold as one document.

attribute     holds
customer_id   the key
version       counts the writes; every write names the one it has read
document      the fold; its first byte marks its form: `{` is JSON as it is, `z` is JSON behind zlib, taken when that saves a
              write unit
merged_into   the surviving customer, where this one redirects
stamp         the token of the transaction that wrote it, by which a writer that got no answer finds out whether it was it

Items are made by hand: every reservation makes two, and a model's object costs ten times what its item does.
"""

import zlib

from courtesy.timeline.profile import Profile, encode_profile
from courtesy_aws.tables.requests import Item, check_size

WRITE_UNIT = 1024
OVERHEAD = 120
"""Bytes of the item beside the document: attribute names, id, version, stamp."""
NEW = {"ConditionExpression": "attribute_not_exists(customer_id)"}


def profile_put(table: str, profile: Profile, version: int, stamp: str) -> Item:
    """The put of a profile as `version`, on condition that the one before stands there, and none where it is the first.

    Raises RefusedInput where the profile does not fit an item.
    """
    item: Item = {
        "customer_id": {"S": profile.customer_id},
        "version": {"N": str(version)},
        "document": {"B": pack(encode_profile(profile))},
        "stamp": {"S": stamp},
    }
    if profile.merged_into:
        item["merged_into"] = {"S": profile.merged_into}
    check_size(item, f"profile {profile.customer_id}")
    put: Item = {"TableName": table, "Item": item, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if version == 1:
        return put | NEW
    return put | {
        "ConditionExpression": "#version = :read",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":read": {"N": str(version - 1)}},
    }


def pack(document: bytes) -> bytes:
    """The document in the form that costs fewer write units; as it is where both cost the same."""
    units = _units(len(document))
    if units == 1:
        return document
    packed = b"z" + zlib.compress(document, 6)
    return packed if _units(len(packed)) < units else document


def unpack(stored: bytes) -> bytes:
    """The JSON document of what `pack` made."""
    return zlib.decompress(stored[1:]) if stored[:1] == b"z" else stored


def _units(size: int) -> int:
    return -(-(size + OVERHEAD) // WRITE_UNIT)
