"""Where an id leads that a customer had before: an id is named after a record, and leads to where this record is now.

A merge lets the smaller id survive, so an id may have been given up long before the record it is named after moves on, by
another merge or by a split. Were such an id left as it is, it would lead to whom the record was with, and not to whom it
is of: after A took B, which had taken C, and B's record was split off again, C would lead to B and not to A.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from courtesy.errors import Conflict
from courtesy.identity.filing import subjects_in
from courtesy.identity.hashing import customer_id_of
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry
from courtesy.ports import CustomerStore, StoredProfile
from courtesy.timeline.profile import Profile

ATTEMPTS = 12


def former_ids(profile: Profile, index: IdentityIndex, store: CustomerStore, key: bytes) -> list[str]:
    """The ids that lead to a customer since a merge, sorted: those which its person records would have alone, and redirect."""
    entry = customer_entry(profile.customer_id)
    subjects = {*profile.subjects, *subjects_in(index.read_members([entry]).get(entry, ()))}
    ids = {customer_id_of(key, subject) for subject in subjects} - {profile.customer_id}
    held = store.read_profiles(sorted(ids))
    return sorted(
        id_ for id_, (other, _) in held.items() if other.merged_into in {profile.customer_id, *ids} - {id_}
    )


def lead_home(moved: Iterable[IndexedRecord], index: IdentityIndex, store: CustomerStore, key: bytes) -> None:
    """Let the ids that are named after records which moved lead to where these are. Can be done twice. Raises Conflict.

    An id that everybody has just left for one customer is not looked at: it leads there already.
    """
    moved = list(moved)
    homes: dict[str, set[str]] = {}
    for record in moved:
        for id_ in record.leaving:
            homes.setdefault(id_, set()).add(record.customer_id)
    left = {
        id_: record.subject
        for record in moved
        if (id_ := customer_id_of(key, record.subject)) != record.customer_id
        and homes.get(id_) != {record.customer_id}
    }
    for _ in range(ATTEMPTS):
        if not left:
            return
        # the index after the profiles: who has fallen behind finds another version and writes nothing
        held = store.read_profiles(sorted(left))
        records = index.read_records(sorted({left[id_] for id_ in held}))
        home = {id_: records[left[id_]].customer_id for id_ in held if left[id_] in records}
        astray = [
            StoredProfile(replace(profile, merged_into=home[id_]), version)
            for id_, (profile, version) in held.items()
            if profile.merged_into and home.get(id_, id_) not in (id_, profile.merged_into)
        ]
        refused = store.put_profiles(astray) if astray else set()
        left = {id_: subject for id_, subject in left.items() if id_ in refused}
    raise Conflict("a profile was changed by others every time; try again")
