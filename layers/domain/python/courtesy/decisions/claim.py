"""Claim: the one right to send a contact, given after the law was applied once more at the real instant.

One transaction moves the contact to `sending` with the claim's fence and the profile's memory of it to the real date, on
condition that the profile is still the one that was judged. A contact that the law stops is cancelled, one that no longer
fits is planned again or expires, in one transaction too. Pressure at the claim counts what has left: contacts still waiting
are judged at their own claim, so caps hold on the dates when things really went out, and nothing waits for one another.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from courtesy.decisions.addresses import address_hash, unreachable
from courtesy.decisions.circumstances import Circumstances, blacked_out, history_of, released
from courtesy.decisions.decision import Finding
from courtesy.decisions.effects import ATTEMPTS, Step, untouched, write_contacts
from courtesy.decisions.household import read_household
from courtesy.decisions.offers import resting
from courtesy.decisions.permissions import permitted, plan_stopped
from courtesy.decisions.policy import Lane, Plan, Policy, policy_of
from courtesy.decisions.pressure import History, judge
from courtesy.decisions.windows import micros
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState, Reason
from courtesy.ports import CustomerStore
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.contacts import OPEN
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import PastContact, Profile

LOST_AFTER = timedelta(hours=1)
"""A claimed contact of which nothing was recorded for so long is taken for a crash: its outcome is unknown."""

_DEPARTED = frozenset(ContactState) - OPEN


class Claimed(msgspec.Struct, frozen=True):
    """The right to send this contact once, with the profile that was judged; record how it ended with `settle`."""

    contact: Contact
    profile: Profile


class NotClaimed(msgspec.Struct, frozen=True):
    """Nothing may be sent.

    missing: no such contact; taken: somebody claimed it before, or it has ended; not_due: planned for later; in_doubt: a
    merge is under way, it is found again; cancelled, replanned, expired: what was done with it just now, `why` says it
    """

    reason: Literal["missing", "taken", "not_due", "in_doubt", "cancelled", "replanned", "expired"]
    why: Reason | None = None
    contact: Contact | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What the law says at this instant: the contact as it shall be, and why it is not sent (None: it is)."""

    contact: Contact
    why: Reason | None


def claim(
    store: CustomerStore,
    customer_id: str,
    trigger: str,
    occurrence: str,
    rulebook: Rulebook | Policy,
    now: datetime,
    claim_id: str,
    *,
    hash_key: bytes = b"",
    attempts: int = ATTEMPTS,
) -> Claimed | NotClaimed:
    """Claim a contact for one attempt to send, or say why not and do what follows from it.

    claim_id: the fence, new for every attempt; hash_key: with it the address is looked up anew, without it the address at
    reservation is judged. After LOST_AFTER release may take the attempt for lost. Raises Conflict when others were faster
    `attempts` times in a row.
    """
    policy = rulebook if isinstance(rulebook, Policy) else policy_of(rulebook)
    for _ in range(attempts):
        profile, version = store.read_profile(customer_id)
        contact = store.read_contact(profile.customer_id, trigger, occurrence)
        if contact is None:
            return NotClaimed("missing")
        if contact.state not in OPEN:
            return NotClaimed("taken", contact=contact)
        if profile.merging or profile.merged_into:
            return NotClaimed("in_doubt", Reason.DATA_IN_DOUBT, contact)
        if _early(contact, now):
            return NotClaimed("not_due", contact=contact)
        household = read_household(store, policy, profile, contact.household)
        verdict = judge_claim(contact, profile, policy, now, hash_key, household.contacts)
        after = verdict.contact
        if verdict.why is None:
            after = msgspec.structs.replace(
                after, state=ContactState.SENDING, claim=claim_id, sent=now, due=now + LOST_AFTER
            )  # `planned` is the real date by now
        note = () if household.note is None else (household.note,)
        step = Step(moved=[(after, contact.state, contact.claim)], beside=note)
        reported = not untouched(profile, contact, ContactState.RESERVED)
        if write_contacts(store, profile, version, step, reported=reported) != "committed":
            continue
        if verdict.why is None:
            return Claimed(after, profile)
        match after.state:
            case ContactState.CANCELLED:
                return NotClaimed("cancelled", verdict.why, after)
            case ContactState.EXPIRED:
                return NotClaimed("expired", verdict.why, after)
        return NotClaimed("replanned", verdict.why, after)
    raise Conflict(f"the customer was changed by others {attempts} times in a row; try again")


def forbidden(contact: Contact, profile: Profile, policy: Policy, now: datetime) -> Finding | None:
    """Why permission, person, case or address stop a contact for good; None if they do not. Pressure has no say here.

    The address is that at reservation.
    """
    plan = policy.plan_of(contact)
    if plan is None:
        return Finding(Reason.EXPIRED, "trigger.gone", contact.channel)
    return _stopped(contact, plan, Circumstances(profile, policy, now, b""), now)


def _stopped(contact: Contact, plan: Plan, around: Circumstances, now: datetime) -> Finding | None:
    profile = around.profile
    if around.stopped is not None and around.stopped.reason is not Reason.DATA_IN_DOUBT:
        return around.stopped
    lane = plan.lanes[0]
    finding = plan_stopped(plan, profile) or permitted(lane, contact.purpose, contact.division, profile, now)
    if finding is not None:
        return finding
    if (
        contact.offer
        and contact.offer in (rests := resting(profile, around.policy.offers))
        and now < rests[contact.offer]
    ):
        return Finding(Reason.OFFER_RESTING, f"offers.{contact.offer}", contact.channel)
    if around.hash_key:
        return unreachable(profile, contact.channel, around.hash_key)
    if contact.address and any(contact.address in hashes for hashes in profile.closed.values()):
        return Finding(Reason.ADDRESS_CLOSED, "address.closed", contact.channel)
    return None


def _early(contact: Contact, now: datetime) -> bool:
    return contact.state is ContactState.RESERVED and contact.due > now and contact.channel != "next_contact"


def judge_claim(
    contact: Contact,
    profile: Profile,
    policy: Policy,
    now: datetime,
    hash_key: bytes,
    others: Sequence[PastContact] = (),
) -> Verdict:
    """The law at the instant of the claim: the contact leaves now, is planned again, or ends."""
    if contact.expires <= now:
        return _end(contact, ContactState.EXPIRED, Reason.EXPIRED, now)
    plan = policy.plan_of(contact)
    if plan is None:
        return _end(contact, ContactState.CANCELLED, Reason.EXPIRED, now)
    around = Circumstances(profile, policy, now, hash_key, others)
    stop = _stopped(contact, plan, around, now)
    if stop is not None:
        return _end(contact, ContactState.CANCELLED, stop.reason, now)
    if hash_key:
        contact = msgspec.structs.replace(contact, address=address_hash(profile, contact.channel, hash_key))
    departed = history_of(profile, without=contact.id, departed=_DEPARTED, others=others)
    why = _unfit(contact, plan.lanes[0], around, departed, now)
    arrival = plan.lanes[0].arrival
    if why is None:
        return Verdict(msgspec.structs.replace(contact, planned=now + arrival), None)
    later = earliest(contact, plan.lanes[0], around, now)
    if later is None:
        return _end(contact, ContactState.EXPIRED, why.reason, now)
    moved = msgspec.structs.replace(
        contact, state=ContactState.RESERVED, due=later, planned=later + arrival, reason=why.reason.value
    )
    return Verdict(moved, why.reason)


def _unfit(
    contact: Contact, lane: Lane, around: Circumstances, history: History, at: datetime
) -> Finding | None:
    """Why a contact may not leave at `at` although it may some other time; `until` is an instant of leaving, too."""
    due, finding = released(lane, at, around)
    if finding is not None:
        return finding
    if due > at:
        return Finding(Reason.QUIET_HOURS, "quiet_hours", lane.channel, until=due)
    arrival = lane.arrival
    finding = blacked_out(lane, at + arrival, around.zone)
    if finding is None:
        finding, _ = judge(
            lane,
            contact.division,
            contact.trigger,
            contact.weight,
            micros(at + arrival),
            history,
            around.zone,
        )
    if finding is None or finding.until is None:
        return finding
    return msgspec.structs.replace(finding, until=finding.until - arrival)


def earliest(contact: Contact, lane: Lane, around: Circumstances, start: datetime) -> datetime | None:
    """The first instant from `start` on at which a contact may leave and fits beside everything else, planned or gone.

    Each rule that says no tells when it may be otherwise; the search goes from one such instant to the next. None where it
    does not fit before it expires.
    """
    history = history_of(around.profile, without=contact.id, others=around.others)
    at = start
    for _ in range(200):
        finding = _unfit(contact, lane, around, history, at)
        if finding is None:
            return at
        if finding.until is None or not at < finding.until < contact.expires:
            return None
        at = finding.until
    return None


def _end(contact: Contact, state: ContactState, why: Reason, now: datetime) -> Verdict:
    return Verdict(msgspec.structs.replace(contact, state=state, reason=why.value, due=now), why)
