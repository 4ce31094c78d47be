"""Fold after writing: the step that whoever writes events takes next."""

import msgspec

from courtesy.errors import Conflict
from courtesy.ports import CustomerStore, StoredProfile
from courtesy.timeline.events import Contact, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile, encode_profile

AT_ONCE = 90
"""Events that are deleted in one transaction."""


def refold(store: CustomerStore, customer_id: str, attempts: int = 8) -> Profile:
    """Fold a customer's timeline anew and store the profile if it differs.

    Reads the version first, then the timeline, then writes on condition of that version: the last folder has seen
    everything. `merging` and `merged_into` are no part of the fold and stay as they are. Raises Conflict when others were
    faster `attempts` times in a row. Events that came late to a customer who redirects are handed on, as long
    as they redirect, and the survivor's profile is returned.
    """
    for _ in range(attempts):
        held, version = store.read_profiles([customer_id]).get(customer_id, (None, 0))
        timeline = store.read_timeline(customer_id)
        if held is not None and held.merged_into and timeline:
            if store.read_profiles([customer_id])[customer_id].version != version:
                continue  # a split made them somebody of their own meanwhile, and the timeline may be theirs
            late = [event for event in timeline if not isinstance(event, Contact)]
            store.append(held.merged_into, late)
            survivor = refold(store, held.merged_into, attempts)
            if _forget(store, held, version, [event_key(event) for event in late]):
                return survivor
            continue
        profile = fold(customer_id, timeline)
        if held is not None:
            profile = msgspec.structs.replace(profile, merging=held.merging, merged_into=held.merged_into)
            if encode_profile(held) == encode_profile(profile):
                return profile
        if store.put_profile(profile, version) == "committed":
            return profile
    raise Conflict(f"the profile was changed by others {attempts} times in a row; try again")


def _forget(store: CustomerStore, redirect: Profile, version: int, keys: list[str]) -> bool:
    """Delete what was handed on, on condition that the customer redirects as they did; False where they do not any more."""
    for start in range(0, len(keys), AT_ONCE):
        held = StoredProfile(redirect, version)
        if (
            store.put_together([held], gone={redirect.customer_id: keys[start : start + AT_ONCE]})
            != "committed"
        ):
            return False
        version += 1
    return True
