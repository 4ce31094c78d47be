"""Find customers by what a caller knows of them: exact keys only, never a guess."""

from courtesy.identity.block import EXACT
from courtesy.identity.filing import hashed_entries
from courtesy.identity.normalise import traits_of
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import subject_of

MOST = 50
"""Customers named at most; a key that more people share says nothing about any of them."""


def find_customers(
    index: IdentityIndex,
    key: bytes,
    *,
    email: str = "",
    phone: str = "",
    country: str = "US",
    loyalty_no: str = "",
    subject: str = "",
) -> list[str]:
    """The ids of the customers that *all* the given keys lead to, sorted; empty where there is none.

    subject: a person record's reference (`source/id`). A value that is no e-mail address, number ... leads to nobody.
    """
    ways: list[set[str]] = []
    if subject:
        ways.append({subject})
    for given in ({"email": email}, {"phone": phone}, {"loyalty_no": loyalty_no}):
        if not any(given.values()):
            continue
        entries = hashed_entries(key, traits_of(given, country))
        entries = tuple(entry for entry in entries if entry.partition(":")[0] in EXACT)
        members = index.read_members(entries)
        ways.append({subject_of(member) for entry in entries for member in members.get(entry, ())})
    if not ways:
        return []
    records = index.read_records(sorted(set().union(*ways)))
    customers = [
        {records[s].customer_id for s in way if s in records and records[s].customer_id} for way in ways
    ]
    return sorted(set.intersection(*customers))[:MOST]
