"""Contacts whose outcome nobody knows: listed for a person, who finds out with the provider and settles them."""

from datetime import datetime

import msgspec

from courtesy.decisions.policy import Policy
from courtesy.decisions.settle import UNSETTLED_AFTER
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore


class UnknownContact(msgspec.Struct, frozen=True):
    """One contact that may or may not have gone out. marketing: closed by itself after a day, still counted."""

    customer_id: str
    contact: str
    trigger: str
    occurrence: str
    division: str
    purpose: str
    channel: str
    claimed: datetime
    mailing: str
    reason: str
    marketing: bool


def unknown_contacts(
    store: CustomerStore, policy: Policy, now: datetime, limit: int = 500
) -> list[UnknownContact]:
    """Contacts of unknown outcome that no report has settled, service and legal ones first, oldest first.

    limit: how many entries of each channel's index are looked at.
    """
    waiting = []
    for channel in sorted(policy.rules.channels):
        for customer_id, contact in store.due(channel, now + UNSETTLED_AFTER, limit):
            if contact.state is not ContactState.UNKNOWN:
                continue
            profile = store.read_profile(customer_id).profile
            if any(c.contact == contact.id and c.state is not ContactState.UNKNOWN for c in profile.contacts):
                continue  # a report has settled it; the next release takes it off the index
            waiting.append(
                UnknownContact(
                    profile.customer_id,
                    contact.id,
                    contact.trigger,
                    contact.occurrence,
                    contact.division,
                    contact.purpose,
                    contact.channel,
                    contact.sent or contact.when,
                    contact.mailing,
                    contact.reason,
                    policy.marketing(contact.purpose),
                )
            )
    return sorted(waiting, key=lambda c: (c.marketing, c.claimed, c.contact))
