"""Find customers by what a caller knows of them: exact keys only, never a guess."""

from courtesy.identity.corrected import holders
from courtesy.identity.ports import IdentityIndex
from courtesy.ports import CustomerStore

MOST = 50
"""Customers named at most; a key that more people share says nothing about any of them."""


def find_customers(
    index: IdentityIndex,
    store: CustomerStore,
    key: bytes,
    *,
    email: str = "",
    phone: str = "",
    country: str = "US",
    loyalty_no: str = "",
    subject: str = "",
) -> list[str]:
    """The ids of the customers that *all* the given keys lead to, sorted; empty where there is none.

    subject: a person record's reference (`source/id`). A value that is no e-mail address, number ... leads to nobody. Who was
    corrected is found by the value that is right and not by the one that was wrong.
    """
    ways: list[set[str]] = []
    if subject:
        ways.append({subject})
    for field, value in (("email", email), ("phone", phone), ("loyalty_no", loyalty_no)):
        if value:
            ways.append(holders(index, store, key, field, value, country))
    if not ways:
        return []
    records = index.read_records(sorted(set().union(*ways)))
    customers = [
        {records[s].customer_id for s in way if s in records and records[s].customer_id} for way in ways
    ]
    return sorted(set.intersection(*customers))[:MOST]
