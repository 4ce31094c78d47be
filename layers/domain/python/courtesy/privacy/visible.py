"""What one caller may see of a customer: agents and dealers see their divisions only."""

from collections.abc import Iterable, Sequence

import msgspec

from courtesy.timeline.events import Event
from courtesy.timeline.profile import Profile

WHOLE = frozenset({"", "*", "corporate"})
"""Division names that belong to no single division: the person, and the view across all."""


def visible_profile(profile: Profile, divisions: Iterable[str]) -> Profile:
    """The profile without what other divisions know. Permissions that are said for all divisions stay: they bind each.

    `corporate` places are left out: they would tell a dealer how the customer stands elsewhere.
    """
    mine = frozenset(divisions)
    return msgspec.structs.replace(
        profile,
        ledgers={d: ledger for d, ledger in profile.ledgers.items() if d in mine},
        places={d: place for d, place in profile.places.items() if d in mine},
        assets=[asset for asset in profile.assets if asset.division in mine],
        contacts=[contact for contact in profile.contacts if contact.division in mine],
        inbound=[touch for touch in profile.inbound if touch.division in mine],
        replies=[reply for reply in profile.replies if reply.division in mine],
        cases=[case for case in profile.cases if case.division in mine],
        permissions=[word for word in profile.permissions if word.division in mine | WHOLE],
    )


def visible_events(events: Iterable[Event], divisions: Iterable[str]) -> list[Event]:
    """The events of these divisions and those that belong to the person as a whole."""
    mine = frozenset(divisions) | (WHOLE - {"corporate"})
    return [event for event in events if getattr(event, "division", "") in mine]


def is_visible(profile: Profile, divisions: Sequence[str]) -> bool:
    """Whether a caller bound to `divisions` has any business with this customer: an asset, a transaction or a case there."""
    mine = frozenset(divisions)
    return bool(
        mine & profile.ledgers.keys()
        or any(asset.division in mine for asset in profile.assets)
        or any(case.division in mine for case in profile.cases)
        or any(touch.division in mine for touch in profile.inbound)
    )
