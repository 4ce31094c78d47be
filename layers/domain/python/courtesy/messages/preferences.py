"""What a customer chose to get: marketing by each channel from each division, shown and changed as a whole.

Only marketing is chosen here. What somebody turned off more widely (all channels, every purpose, an objection) stays off: this
page is reached by a link in a mail, and a link may be passed on, so it can always turn off and never lift more than its own kind.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from courtesy.decisions.permissions import permitted
from courtesy.decisions.policy import Lane
from courtesy.decisions.rules import ANY, ChannelRules
from courtesy.messages.unsubscribe import Unsubscribe
from courtesy.ports import CustomerStore
from courtesy.privacy.withdraw import grant, withdraw
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import Profile

MARKETING = "marketing"
CHANNELS = ("email", "letter", "postcard", "sms")
CORPORATE = "corporate"


class Choice(NamedTuple):
    """One box of the page. locked: turned off more widely than this page can lift."""

    channel: str
    division: str
    kept: bool
    locked: bool

    @property
    def name(self) -> str:
        """The box's value in the form."""
        return f"{self.channel}/{self.division}"


def choices_of(profile: Profile, rulebook: Rulebook, now: datetime) -> list[Choice]:
    """Every channel and division with what the law says of marketing there today, cases and caps apart."""
    objected = "objection" in profile.privacy
    made = []
    for channel in CHANNELS:
        defaults = tuple(
            default
            for default in rulebook.decisions.permission_defaults
            if (ANY in default.purposes or MARKETING in default.purposes)
            and (ANY in default.channels or channel in default.channels)
        )
        lane = Lane(channel, ChannelRules(), (), (), (), defaults, 0.0, timedelta())
        wider = objected or any(
            standing.status == "withdrawn"
            and standing.purpose in (MARKETING, ANY)
            and standing.channel in (channel, ANY)
            and ANY in (standing.purpose, standing.channel)
            for standing in profile.permissions
        )
        for division in (*rulebook.divisions, CORPORATE):
            kept = not wider and permitted(lane, MARKETING, division, profile, now) is None
            made.append(Choice(channel, division, kept, wider))
    return made


def record_choices(
    store: CustomerStore, link: Unsubscribe, choices: Collection[Choice], kept: Collection[str], now: datetime
) -> int:
    """Write down what differs from the choices as they were shown; how many permissions were said. Raises Conflict.

    kept: names of the boxes that are ticked. Where a whole channel was turned off for all divisions, ticking one lifts that
    and turns the others off one by one, so that nothing but the ticked one comes back.
    """
    profile = store.read_profile(link.customer_id).profile
    proof, said = f"preference page of contact {link.contact}", 0
    for channel in CHANNELS:
        mine = [choice for choice in choices if choice.channel == channel and not choice.locked]
        wanted = {choice.division for choice in mine if choice.name in kept}
        whole = any(
            (s.purpose, s.channel, s.division, s.status) == (MARKETING, channel, ANY, "withdrawn")
            for s in profile.permissions
        )
        if whole and not wanted:
            continue
        # First off, then on: whoever looks in between sees too little, never too much.
        for choice in mine:
            if choice.division not in wanted and (choice.kept or whole):
                withdraw(store, link.customer_id, MARKETING, channel, choice.division, now, proof)
                said += 1
        for choice in mine:
            if choice.division in wanted and not choice.kept:
                grant(store, link.customer_id, MARKETING, channel, choice.division, now, proof)
                said += 1
        if whole:
            grant(store, link.customer_id, MARKETING, channel, ANY, now, proof)
            said += 1
    return said
