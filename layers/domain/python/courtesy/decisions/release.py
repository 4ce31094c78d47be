"""Release: contacts whose time has come go to their channel's queue, a bounded number per run.

The `due` index tells where to look. A contact is queued with a lease: unless it is claimed before the lease ends, the
next release finds it again and sends the message once more, which the claim makes harmless. What was claimed and never
heard of again becomes `unknown`; what is no longer useful expires. An unknown outcome that nothing has settled for a day is
closed where the contact was marketing (it stays counted), else it is shown to a person, once a day until settled.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from courtesy.decisions.effects import untouched
from courtesy.decisions.policy import Policy
from courtesy.decisions.rules import ChannelRules
from courtesy.decisions.settle import UNSETTLED_AFTER, expire, record_unknown
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, Queue
from courtesy.timeline.events import Contact

LEASE = timedelta(hours=1)
"""How long a queued contact is left to its sender before its message is sent once more."""


class Released(msgspec.Struct, frozen=True):
    """What one run did, contacts each.

    closed: of unknown outcome, settled by a report or given up; contested: somebody else moved them first, the next run
    looks again; for_a_person: ids of service and legal contacts whose outcome nobody knows (`settle.settle_by_person`)
    """

    queued: dict[str, int]
    expired: int
    unknown: int
    closed: int
    contested: int
    for_a_person: list[str] = []


class Message(msgspec.Struct, frozen=True):
    """The body of a message on a channel's queue."""

    customer_id: str
    trigger: str
    occurrence: str


def release(
    store: CustomerStore,
    queues: Mapping[str, Queue],
    policy: Policy,
    now: datetime,
    *,
    lease: timedelta = LEASE,
) -> Released:
    """Queue what is due in each channel, at most `release_per_run` of each; channels without a queue only let expire.

    Raises OutsideFailed when a queue did not take its messages; their contacts are found again after the lease.
    """
    queued: dict[str, int] = {}
    ended = {"expired": 0, "unknown": 0, "closed": 0, "contested": 0}
    asking: list[str] = []
    for channel in sorted({*policy.rules.channels, *queues}):
        limit = (policy.rules.channels.get(channel) or ChannelRules()).release_per_run
        bodies: list[bytes] = []
        for customer_id, contact in store.due(channel, now, limit):
            if contact.state is ContactState.SENT:
                continue  # a piece to be recalled, see `messages.recall`
            if contact.state is ContactState.UNKNOWN:
                outcome = _close(store, customer_id, contact, policy, now)
            else:
                outcome = _release(store, customer_id, contact, channel in queues, now, lease)
            if outcome == "for_a_person":
                asking.append(contact.id)
            elif outcome == "queued":
                bodies.append(msgspec.json.encode(Message(customer_id, contact.trigger, contact.occurrence)))
            elif outcome:
                ended[outcome] += 1
        if bodies:
            queues[channel].send(bodies)
            queued[channel] = len(bodies)
    return Released(queued, **ended, for_a_person=asking)


def _close(store: CustomerStore, customer_id: str, contact: Contact, policy: Policy, now: datetime) -> str:
    """An unknown outcome whose time is over: a report has settled it, or it is given up, or a person is to look."""
    profile = store.read_profile(customer_id).profile
    settled = not untouched(profile, contact, ContactState.UNKNOWN)
    if settled or policy.marketing(contact.purpose):
        told = contact.reason if settled else "not settled in time"
        after = msgspec.structs.replace(contact, claim="", reason=told)
    else:
        after = msgspec.structs.replace(contact, due=now + UNSETTLED_AFTER)
    moved = store.move_contact(customer_id, after, contact.state, contact.claim)
    if moved != "committed":
        return "contested"
    return "for_a_person" if after.claim else "closed"


def _release(
    store: CustomerStore, customer_id: str, contact: Contact, has_queue: bool, now: datetime, lease: timedelta
) -> str:
    try:
        if contact.state is ContactState.SENDING:
            ended = record_unknown(store, customer_id, contact, "nothing was recorded of the attempt", now)
            return "unknown" if ended == "recorded" else "contested"
        if contact.expires <= now:
            done = expire(store, customer_id, contact.trigger, contact.occurrence, now)
            return "expired" if done else "contested"
    except Conflict:
        return "contested"
    if not has_queue:
        return ""
    after = msgspec.structs.replace(contact, state=ContactState.QUEUED, due=now + lease)
    moved = store.move_contact(customer_id, after, contact.state, contact.claim)
    return "queued" if moved == "committed" else "contested"
