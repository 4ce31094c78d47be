"""Fold after writing: the step that whoever writes events takes next."""

import msgspec

from courtesy.errors import Conflict
from courtesy.ports import CustomerStore
from courtesy.timeline.events import Contact, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile, encode_profile


def refold(store: CustomerStore, customer_id: str, attempts: int = 8) -> Profile:
    """Fold a customer's timeline anew and store the profile if it differs.

    Reads the version first, then the timeline, then writes on condition of that version: the last folder has seen
    everything. `merging` and `merged_into` are no part of the fold and stay as they are. Raises Conflict when others were
    faster `attempts` times in a row. Events that came late to a customer who redirects are handed on, and the survivor's
    profile is returned.
    """
    for _ in range(attempts):
        held, version = store.read_profiles([customer_id]).get(customer_id, (None, 0))
        timeline = store.read_timeline(customer_id)
        if held is not None and held.merged_into and timeline:
            late = [event for event in timeline if not isinstance(event, Contact)]
            store.append(held.merged_into, late)
            survivor = refold(store, held.merged_into, attempts)
            store.delete_events(customer_id, [event_key(event) for event in late])
            return survivor
        profile = fold(customer_id, timeline)
        if held is not None:
            profile = msgspec.structs.replace(profile, merging=held.merging, merged_into=held.merged_into)
            if encode_profile(held) == encode_profile(profile):
                return profile
        if store.put_profile(profile, version) == "committed":
            return profile
    raise Conflict(f"the profile was changed by others {attempts} times in a row; try again")
