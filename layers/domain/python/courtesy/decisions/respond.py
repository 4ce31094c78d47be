"""What a customer does about an offer: shown, accepted, declined, redeemed; and what becomes of a redemption.

One transaction: the response, what it stops, and the profile that shows it. Said twice it is done once. A decline rests the
offer everywhere: contacts that wait with it are cancelled, whatever their channel, and its unit of stock goes back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from courtesy.decisions.allowances import STOCK
from courtesy.decisions.effects import Step, write_folded
from courtesy.decisions.offers import MadeOffer, offers_of
from courtesy.decisions.settle import cancelled
from courtesy.errors import NotFound, RefusedInput, UnknownName
from courtesy.outcomes import ContactState, Reason
from courtesy.ports import Beside, CustomerStore, Give
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.contacts import OPEN
from courtesy.timeline.events import COURTESY, Contact, Event, Response
from courtesy.timeline.profile import Profile

Answer = Literal["shown", "accepted", "declined", "redeemed", "fulfilled", "failed"]

_FROM: dict[Answer, frozenset[str]] = {
    "shown": frozenset({"offered", "shown"}),
    "accepted": frozenset({"offered", "shown", "accepted", "declined"}),
    "declined": frozenset({"offered", "shown", "accepted", "declined"}),
    "redeemed": frozenset({"offered", "shown", "accepted", "declined", "redeemed"}),
    "fulfilled": frozenset({"redeemed", "failed", "fulfilled"}),
    "failed": frozenset({"redeemed", "failed"}),
}
"""Answer -> the states from which it may come."""

_WHILE_GOOD = frozenset({"accepted", "redeemed"})


def respond(
    store: CustomerStore,
    rulebook: Rulebook,
    customer_id: str,
    named: str,
    answer: Answer,
    now: datetime,
    *,
    channel: str = "",
    reference: str = "",
) -> MadeOffer:
    """Write what a customer (or the fulfilment) answered to an offer; the offer as it stands then.

    named: the offer's code, or its id; reference: of the sale or delivery, as whoever tells it knows it. Raises NotFound
    where this customer was never made the offer, UnknownName for an id that the rulebook does not have, RefusedInput for an
    answer that cannot follow (redeemed before, no longer good), Conflict.
    """
    told: list[MadeOffer] = []

    def make(profile: Profile, timeline: list[Event]) -> Step | None:
        made = _named(profile, rulebook, named)
        told[:] = [made]
        if made.state not in _FROM[answer]:
            raise RefusedInput(f"offer {made.offer!r} is {made.state}, so it cannot be {answer}")
        if answer in _WHILE_GOOD and made.state != answer and made.until is not None and now >= made.until:
            raise RefusedInput(f"offer {made.offer!r} was good until {made.until:%Y-%m-%d %H:%M} UTC")
        if made.state == answer and (answer != "failed" or _said(timeline, made, answer, reference)):
            return None
        response = Response(
            source=COURTESY,
            id=f"{made.code or made.offer}/{answer}" + (f"/{reference}" if reference else ""),
            when=now,
            contact=made.contacts[0] if made.contacts else "",
            offer=made.code or made.offer,
            type=answer,
            channel=channel,
        )
        if answer != "declined":
            return Step(new=[response])
        return _declined(response, made, timeline, now)

    profile = write_folded(store, customer_id, make)
    standing = [o for o in offers_of(profile, rulebook.offers) if _same(o, told[0])]
    return standing[-1] if standing else told[0]


def _said(timeline: Sequence[Event], made: MadeOffer, answer: str, reference: str) -> bool:
    wanted = f"{made.code or made.offer}/{answer}" + (f"/{reference}" if reference else "")
    return any(isinstance(event, Response) and event.id == wanted for event in timeline)


def _same(one: MadeOffer, other: MadeOffer) -> bool:
    return (one.offer, one.code, one.until) == (other.offer, other.code, other.until)


def _named(profile: Profile, rulebook: Rulebook, named: str) -> MadeOffer:
    """The offer that is meant: the one good for longest of those that go by this code or id."""
    fitting = [made for made in offers_of(profile, rulebook.offers) if named in (made.code, made.offer)]
    if fitting:
        return fitting[-1]
    if named not in rulebook.offers and not any(named.startswith(o.code) for o in rulebook.offers.values()):
        raise UnknownName("offer", named, rulebook.offers)
    raise NotFound("this customer was not made that offer")


def _declined(response: Response, made: MadeOffer, timeline: Sequence[Event], now: datetime) -> Step:
    """The response, the waiting contacts of the offer cancelled, the stock of its code given back."""
    moved: list[tuple[Contact, ContactState, str]] = []
    beside: list[Beside] = []
    for event in timeline:
        if not isinstance(event, Contact) or event.offer != made.offer:
            continue
        stock = [name for name in event.holds if name.startswith(STOCK)] if event.code == made.code else []
        after = msgspec.structs.replace(event, holds=tuple(n for n in event.holds if n not in stock))
        beside += [Give(name) for name in stock]
        if event.state in OPEN:
            (move,) = cancelled([after], Reason.OFFER_RESTING.value, now)
            moved.append(move)
        elif stock:
            moved.append((after, event.state, event.claim))
    return Step(new=[response], moved=moved, beside=beside)
