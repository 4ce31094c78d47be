"""Contacts of a household: what the other members' profiles add to the pressure, and the note that keeps it exact.

A note per household names the members that have reserved or claimed a contact under a household's cap. Whoever reserves or
claims reads the note, then the members' profiles, and writes the note anew in the same transaction, on condition of the
version that was read. So of two members that reserve at once one starts over and sees the other's contact: a household's
cap holds as exactly as a person's. What counts is the contacts that carry the household's name, which they got when they
were reserved. Where no cap counts by household, nothing is read or written.
"""

import msgspec

from courtesy.decisions.policy import Policy
from courtesy.identity.hashing import keyed_hash
from courtesy.ports import CustomerStore, Note
from courtesy.timeline.profile import PastContact, Profile


class Household(msgspec.Struct, frozen=True):
    """The contacts of the other members, and the note to be written with the own one's next contact."""

    contacts: list[PastContact] = []
    note: Note | None = None


ALONE = Household()


def household_name(profile: Profile, hash_key: bytes) -> str:
    """The keyed name of the profile's household, as contacts carry it; empty where it is not known."""
    return keyed_hash(hash_key, "household", profile.household) if profile.household else ""


def read_household(store: CustomerStore, policy: Policy, profile: Profile, name: str) -> Household:
    """The rest of a household, by its keyed name; nothing where the rulebook has no cap on households."""
    if not name or not policy.households:
        return ALONE
    key = f"household/{name}"
    held = store.read_notes([key]).get(key, Note(key, b"[]", 0))
    members = msgspec.json.decode(held.document, type=list[str])
    others = [id_ for id_ in members if id_ != profile.customer_id]
    read = store.read_profiles(others)
    contacts: dict[str, PastContact] = {}
    for id_ in others:
        stored = read.get(id_)
        if stored is not None and stored.profile.merged_into:
            stored = store.read_profile(id_)
        if stored is not None and stored.profile.customer_id != profile.customer_id:
            contacts.update(
                {c.contact: c for c in stored.profile.contacts if c.counts and c.household == name}
            )
    after = sorted({*members, profile.customer_id})
    return Household(list(contacts.values()), Note(key, msgspec.json.encode(after), held.version))
