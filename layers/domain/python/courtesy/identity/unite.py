"""Uniting customers to whom nothing was ever sent: many at once, each in one step.

A customer whom all records leave and who has no contact leaves nothing behind that could be claimed meanwhile. So the
events, the survivor's fold and the redirect go into one transaction on condition of both versions: there is no moment in
which half of the truth could be acted upon, and no mark is needed. Several such pairs share a transaction, taken for its
size; if one of them was changed by others, all of them go the careful way of `move`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from courtesy.identity.share import Leaving
from courtesy.ports import CustomerStore, StoredProfile
from courtesy.timeline.events import Contact, Event, encode_event, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile, encode_profile

TOGETHER = 100
"""Items in one transaction, the most that DynamoDB takes."""
BYTES_TOGETHER = 2 << 20


class Held(Protocol):
    """Profiles as they were read; see `move.Profiles`."""

    def __getitem__(self, customer_id: str) -> StoredProfile: ...
    def write_together(
        self,
        profiles: Sequence[Profile],
        new: Mapping[str, Sequence[Event]],
        gone: Mapping[str, Sequence[str]],
    ) -> bool:
        """Write profiles, put and delete events, all or none."""
        ...


_Leaving = TypeVar("_Leaving", bound=Leaving)


class United(NamedTuple):
    """A survivor's profile with the redirects to it, what is new on its timeline, and what goes from the others'."""

    profiles: list[Profile]
    new: list[Event]
    gone: dict[str, list[str]]

    @property
    def items(self) -> int:
        return len(self.profiles) + len(self.new) + sum(map(len, self.gone.values()))

    @property
    def size(self) -> int:
        return sum(len(encode_profile(profile)) for profile in self.profiles) + sum(
            len(encode_event(event)) for event in self.new
        )


def unite(
    departures: Sequence[_Leaving],
    profiles: Held,
    store: CustomerStore,
    arrived: Mapping[str, Sequence[Event]],
) -> tuple[set[str], list[_Leaving]]:
    """Unite whom it can; returns the survivors, whose folds are written, and the departures that are left to do.

    arrived: events just written to customers; where a customer has no profile yet, whoever wrote more of them will fold
    """
    plain = _plain(departures, profiles)
    heirs = {departure.heir for departure in plain}
    asked = {d.customer_id for d in plain}
    asked |= {id_ for id_ in heirs if profiles[id_].version or id_ not in arrived}
    timelines = store.read_timelines(sorted(asked))
    plain = [d for d in plain if not any(isinstance(e, Contact) for e in timelines[d.customer_id])]
    if not plain:
        return set(), list(departures)
    moving: dict[str, list[Event]] = {}
    leaving: dict[str, list[str]] = {}
    for departure in plain:
        moving.setdefault(departure.heir, []).extend(timelines[departure.customer_id])
        leaving.setdefault(departure.heir, []).append(departure.customer_id)
    done: set[str] = set()
    for group in _groups(moving, leaving, timelines, arrived):
        new = {united.profiles[0].customer_id: united.new for united in group}
        gone = {id_: keys for united in group for id_, keys in united.gone.items()}
        if profiles.write_together([profile for united in group for profile in united.profiles], new, gone):
            done |= new.keys() | gone.keys()
    return done & set(moving), [d for d in departures if d.customer_id not in done]


def _plain(departures: Sequence[_Leaving], profiles: Held) -> list[_Leaving]:
    """Departures of everybody to one customer whom nobody leaves, where no other move is under way."""
    left = {departure.customer_id for departure in departures}
    manifold = {home for d in departures if len({*d.homes.values(), d.heir}) > 1 for home in d.homes.values()}
    plain = []
    for departure in departures:
        heir = departure.heir
        if heir in left or heir in manifold or set(departure.homes.values()) != {heir}:
            continue
        both = (profiles[departure.customer_id].profile, profiles[heir].profile)
        if not any(profile.merging or profile.merged_into for profile in both):
            plain.append(departure)
    return plain


def _groups(
    moving: Mapping[str, Sequence[Event]],
    leaving: Mapping[str, list[str]],
    timelines: Mapping[str, Sequence[Event]],
    arrived: Mapping[str, Sequence[Event]],
) -> list[list[United]]:
    groups: list[list[United]] = [[]]
    items = size = 0
    for heir in sorted(moving):
        known = timelines[heir] if heir in timelines else arrived[heir]
        held = {event_key(event): event for event in known}
        arriving = {event_key(event): event for event in moving[heir]}
        new = [event for key, event in arriving.items() if held.get(key) != event]
        held |= arriving
        redirects = [Profile(customer_id=id_, merged_into=heir) for id_ in leaving[heir]]
        gone = {id_: [event_key(event) for event in timelines[id_]] for id_ in leaving[heir]}
        united = United([fold(heir, held.values()), *redirects], new, gone)
        if united.items > TOGETHER or united.size > BYTES_TOGETHER:
            continue
        if items + united.items > TOGETHER or size + united.size > BYTES_TOGETHER:
            groups.append([])
            items = size = 0
        groups[-1].append(united)
        items += united.items
        size += united.size
    return groups
