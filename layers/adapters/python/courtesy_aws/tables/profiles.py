"""The `profiles` table: one item per customer with its version and the fold as one document.

The document's first byte marks its form: `{` is JSON as it is, `z` is JSON behind zlib, taken when that saves a write unit.
"""

import zlib

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from courtesy.timeline.profile import Profile, encode_profile

WRITE_UNIT = 1024
OVERHEAD = 120
"""Bytes of the item beside the document: attribute names, id, version, stamp."""


class ProfileItem(Model):
    """One customer's fold.

    version: counts the writes; every write names the one it has read
    merged_into: the surviving customer where this one redirects
    stamp: the token of the transaction that wrote it, by which a writer that got no answer finds out whether it was it
    """

    class Meta:
        table_name = ""
        billing_mode = "PAY_PER_REQUEST"

    customer_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute()
    document = BinaryAttribute(legacy_encoding=False)
    merged_into = UnicodeAttribute(null=True)
    stamp = UnicodeAttribute(null=True)


def profiles_table(name: str) -> type[ProfileItem]:
    """The model bound to a table's name, which is known only where it is deployed."""
    meta = type("Meta", (ProfileItem.Meta,), {"table_name": name})
    return type("ProfileItem", (ProfileItem,), {"Meta": meta})


def profile_item(table: type[ProfileItem], profile: Profile, version: int, stamp: str) -> ProfileItem:
    """The item of a profile as `version`."""
    item = table(profile.customer_id, version=version, document=pack(encode_profile(profile)), stamp=stamp)
    if profile.merged_into:
        item.merged_into = profile.merged_into
    return item


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
