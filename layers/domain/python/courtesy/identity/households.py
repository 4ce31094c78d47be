"""Who lives together: the customers of a household, by the records that are filed under it."""

from courtesy.identity.block import HOME
from courtesy.identity.filing import hashed
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import subject_of


def housemates(index: IdentityIndex, key: bytes, household: str) -> list[str]:
    """The customers that have a record of this household, sorted; none for the empty name. Derived; nobody is merged by it.

    Who moved is still found by the records that have the old address; compare `Profile.household` where it matters.
    """
    if not household:
        return []
    (entry,) = hashed(key, (f"{HOME}:{household}",))
    members = index.read_members([entry]).get(entry, frozenset())
    records = index.read_records(sorted(subject_of(member) for member in members))
    here = (record.customer_id for record in records.values() if entry in record.entries)
    return sorted({customer_id for customer_id in here if customer_id})
