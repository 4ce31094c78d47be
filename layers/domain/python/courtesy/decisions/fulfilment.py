"""The fulfilment queue: redeemed offers that somebody has still to deliver, and those whose delivery failed.

Every redemption that reaches a timeline, by file or by the API, stands in the sparse index until it is fulfilled or given up
(`ports.CustomerStore.redemptions`); the list asks the profile how each one stands, so a redemption that a file tells again is
not worked off twice.
"""

from datetime import datetime

import msgspec

from courtesy.decisions.offers import MadeOffer, offers_of
from courtesy.decisions.respond import respond
from courtesy.ports import CustomerStore
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Response


class ToFulfil(msgspec.Struct, frozen=True):
    """One redemption to be worked off. cost: what it costs, minor units; failed: it was tried before, without success."""

    customer_id: str
    offer: str
    code: str
    redeemed: datetime
    cost: int
    failed: bool


def to_fulfil(store: CustomerStore, rulebook: Rulebook, now: datetime, limit: int) -> list[ToFulfil]:
    """Redemptions to work off, oldest first, at most `limit`; what needs no fulfilment or has had it leaves the queue."""
    waiting = []
    for customer_id, response in store.redemptions(now, limit):
        profile = store.read_profile(customer_id).profile
        made = _of(offers_of(profile, rulebook.offers), response)
        offer = None if made is None else rulebook.offers.get(made.offer)
        if made is None or offer is None or offer.fulfilment != "queue" or made.state == "fulfilled":
            store.close_redemption(customer_id, response)
            continue
        failed = made.state == "failed"
        waiting.append(ToFulfil(profile.customer_id, offer.id, made.code, response.when, offer.cost, failed))
    return waiting


def record_fulfilment(
    store: CustomerStore,
    rulebook: Rulebook,
    customer_id: str,
    named: str,
    fulfilled: bool,
    now: datetime,
    *,
    reference: str = "",
    give_up: bool = False,
) -> MadeOffer:
    """Write that a redemption was fulfilled, or failed; with `give_up` a failed one leaves the queue. Raises as `respond`."""
    made = respond(
        store, rulebook, customer_id, named, "fulfilled" if fulfilled else "failed", now, reference=reference
    )
    if fulfilled or give_up:
        for event in store.read_timeline(store.read_profile(customer_id).profile.customer_id):
            if (
                isinstance(event, Response)
                and event.type == "redeemed"
                and event.offer in (made.code, made.offer)
            ):
                store.close_redemption(customer_id, event)
    return made


def _of(offers: list[MadeOffer], response: Response) -> MadeOffer | None:
    fitting = [o for o in offers if response.offer in (o.code, o.offer)]
    done = [o for o in fitting if o.state in ("redeemed", "failed", "fulfilled")]
    return done[-1] if done else None
