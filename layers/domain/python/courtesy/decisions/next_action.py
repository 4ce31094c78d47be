"""Next best action: about what may a known customer be talked to now, in this channel; within the same law as everything.

Asking reserves nothing and writes nothing. What was shown to the customer is reserved and counts from that instant, decided
once more at that instant; shown twice, it is one contact.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import itemgetter

import msgspec

from courtesy.decisions.allowances import STOCK, budget_name, shards, stock_name
from courtesy.decisions.candidates import from_follow_up
from courtesy.decisions.claim import Claimed, claim, forbidden
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate, Decision, Reserved
from courtesy.decisions.explain import from_json, sentence
from courtesy.decisions.find import columns_of, cycle_triggers, find
from courtesy.decisions.household import household_name, read_household
from courtesy.decisions.listen import latest_scores
from courtesy.decisions.policy import Policy, policy_of
from courtesy.decisions.reserve import contact_of, reserve
from courtesy.decisions.respond import respond
from courtesy.decisions.settle import record_sent
from courtesy.errors import NotFound
from courtesy.outcomes import ContactState
from courtesy.population.catalogue import catalogue_of
from courtesy.population.segments import features_of
from courtesy.ports import CustomerStore, Lake
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile, encode_profile


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may be said to the customer now. reserved: a contact that waits for the next talk, decided before."""

    trigger: str
    label: str
    occurrence: str
    division: str
    category: str
    purpose: str
    channel: str
    priority: int
    value: float
    offer: str = ""
    code: str = ""
    code_until: datetime | None = None
    reserved: bool = False
    sentence: str = ""


def next_actions(
    store: CustomerStore,
    lake: Lake,
    rulebook: Rulebook,
    customer_id: str,
    now: datetime,
    hash_key: bytes,
    *,
    channel: str = "next_contact",
    limit: int = 3,
    divisions: Collection[str] | None = None,
) -> list[Action]:
    """The best actions for a customer in a channel, the best first; empty where the law allows none.

    divisions: the caller's, where they see some only. Criteria see the customer as of now, with the score cuts and value
    model of the latest cycle. Raises NotFound for a customer nobody knows.
    """
    policy = policy_of(rulebook)
    profile, version = store.read_profile(customer_id)
    if version == 0:
        raise NotFound("there is no customer with this id")
    actions = []
    for past in profile.contacts:
        if past.channel == channel and past.state is ContactState.RESERVED:
            held = store.read_contact(profile.customer_id, past.trigger, past.occurrence)
            if held is not None and held.expires > now and forbidden(held, profile, policy, now) is None:
                actions.append(_action(held, policy, reserved=True))
    candidates = _candidates(lake, rulebook, profile, now, channel)
    if candidates:
        name = household_name(profile, hash_key)
        gone = _used_up(store, policy, candidates, now)
        decisions = decide(
            profile,
            candidates,
            policy,
            now,
            hash_key,
            profile_version=version,
            exhausted=[c.trigger for c in candidates if budget_name(c.trigger, now) in gone],
            no_stock=[counter.removeprefix(STOCK) for counter in gone],
            others=read_household(store, policy, profile, name).contacts,
            channel=channel,
        )
        actions += [
            _action(contact_of(decision, profile, policy, hash_key), policy)
            for decision in decisions
            if isinstance(decision, Reserved)
        ]
    seen = [a for a in actions if divisions is None or a.division in divisions]
    return sorted(seen, key=lambda a: (a.priority, -a.value, a.trigger, a.occurrence))[:limit]


def show_action(
    store: CustomerStore,
    lake: Lake,
    rulebook: Rulebook,
    customer_id: str,
    trigger: str,
    occurrence: str,
    now: datetime,
    hash_key: bytes,
    *,
    channel: str = "next_contact",
    by: str = "",
) -> Decision:
    """Reserve what has just been shown to the customer, as sent; the decision, which may be a no if things changed meanwhile.

    by: pseudonymous id of who showed it. Raises NotFound where the trigger does not propose this occurrence to this customer
    (any more), UnknownName for a trigger that the rulebook does not have, Conflict.
    """
    policy = policy_of(rulebook)
    policy.plan(trigger)
    profile = store.read_profile(customer_id).profile
    held = store.read_contact(profile.customer_id, trigger, occurrence)
    if held is not None and held.state is not ContactState.CANCELLED:
        return _shown_before(store, rulebook, held, profile, now, hash_key, by)
    proposed = [
        candidate
        for candidate in _candidates(lake, rulebook, profile, now, channel)
        if (candidate.trigger, candidate.occurrence) == (trigger, occurrence)
    ]
    if not proposed:
        raise NotFound(f"trigger {trigger!r} does not propose {occurrence!r} to this customer now; ask again")

    def as_shown(contact: Contact) -> Contact:
        return msgspec.structs.replace(
            contact, state=ContactState.SENT, sent=now, planned=now, due=now, provider_id=f"shown/{by}"
        )

    (decision,) = reserve(
        store,
        profile.customer_id,
        None,
        proposed,
        policy,
        now,
        hash_key,
        channel=channel,
        as_written=as_shown,
    )
    if isinstance(decision, Reserved):
        _tell(store, rulebook, profile.customer_id, trigger, occurrence, now, channel)
    return decision


def _shown_before(
    store: CustomerStore,
    rulebook: Rulebook,
    held: Contact,
    profile: Profile,
    now: datetime,
    hash_key: bytes,
    by: str,
) -> Decision:
    """A contact that waited for the talk: claimed under the law as it is now, and sent. One that was shown stays as it is."""
    if held.state in (ContactState.RESERVED, ContactState.QUEUED):
        ended = claim(
            store, profile.customer_id, held.trigger, held.occurrence, rulebook, now, f"shown/{held.id}", hash_key=hash_key
        )  # fmt: skip
        if not isinstance(ended, Claimed):
            raise NotFound(f"it may not be shown any more ({ended.why or ended.reason}); ask again")
        record_sent(store, profile.customer_id, ended.contact, f"shown/{by}", now)
        _tell(store, rulebook, profile.customer_id, held.trigger, held.occurrence, now, held.channel)
    return from_json(held.decided)


def _tell(
    store: CustomerStore,
    rulebook: Rulebook,
    customer_id: str,
    trigger: str,
    occurrence: str,
    now: datetime,
    channel: str,
) -> None:
    contact = store.read_contact(customer_id, trigger, occurrence)
    if contact is not None and contact.code:
        respond(store, rulebook, customer_id, contact.code, "shown", now, channel=channel)


def _candidates(
    lake: Lake, rulebook: Rulebook, profile: Profile, now: datetime, channel: str
) -> list[Candidate]:
    """What the triggers that use the channel propose about this customer as of now, without what stands already."""
    asked = {t.id: t for t in cycle_triggers(rulebook) if channel in t.channels}
    if not asked:
        return []
    book = rulebook.model_copy(update={"triggers": asked})
    catalogue = catalogue_of(rulebook.sources)
    connection = features_of(
        [encode_profile(profile)], now.date(), rulebook.population, latest_scores(lake), catalogue,
        columns_of(list(asked.values()), catalogue),
    )  # fmt: skip
    found: dict[tuple[str, str], Candidate] = {}
    try:
        for one in find(connection, None, book, catalogue, now.date(), now.date()):
            found.update({(c.trigger, c.occurrence): c for c in one.candidates})
            for trigger in one.follow_ups:
                for candidate in from_follow_up(trigger, profile, now):
                    found[candidate.trigger, candidate.occurrence] = candidate
    finally:
        connection.close()
    for contact in profile.contacts:
        if not contact.anew:
            found.pop((contact.trigger, contact.occurrence), None)
    return [candidate for _, candidate in sorted(found.items(), key=itemgetter(0))]


def _used_up(
    store: CustomerStore, policy: Policy, candidates: Sequence[Candidate], now: datetime
) -> set[str]:
    """The counters of these candidates that stand at their limit."""
    limits: dict[str, int] = {}
    for candidate in candidates:
        trigger = policy.plan(candidate.trigger).trigger
        offer = policy.offers.get(trigger.offer)
        if offer is not None and offer.stock is not None:
            limits[stock_name(offer.id)] = offer.stock
        if trigger.daily_budget is not None:
            limits[budget_name(trigger.id, now)] = trigger.daily_budget
    taken: Mapping[str, int] = (
        store.read_counters([s for name in limits for s in shards(name)]) if limits else {}
    )
    return {name for name, limit in limits.items() if sum(taken[s] for s in shards(name)) >= limit}


def _action(contact: Contact, policy: Policy, *, reserved: bool = False) -> Action:
    plan = policy.plans.get(contact.trigger)
    decided = from_json(contact.decided) if contact.decided else None
    return Action(
        trigger=contact.trigger,
        label="" if plan is None else plan.trigger.label,
        occurrence=contact.occurrence,
        division=contact.division,
        category=contact.category,
        purpose=contact.purpose,
        channel=contact.channel,
        priority=contact.priority,
        value=0.0 if decided is None else decided.value,
        offer=contact.offer,
        code=contact.code,
        code_until=contact.code_until,
        reserved=reserved,
        sentence="" if decided is None else sentence(decided),
    )
