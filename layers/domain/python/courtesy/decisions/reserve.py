"""Reserve: decide, then write what was decided on condition that nothing changed in between; else decide again.

All contacts of one customer that one run reserves are written in one transaction with the profile that counts them, so a
cap holds whatever else runs at the same time; with the note of the household, so a household's cap does too; and with the
units of stock and budget that they take, so neither is ever passed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from courtesy.decisions.addresses import address_hash
from courtesy.decisions.allowances import SHARDS, STOCK, Allowances, budget_name, stock_name
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate, Decision, Reserved
from courtesy.decisions.effects import ATTEMPTS, Step, write_contacts
from courtesy.decisions.explain import as_json
from courtesy.decisions.household import household_name, read_household
from courtesy.decisions.offers import (
    MadeOffer,
    code_for,
    code_note,
    good_until,
    holder_document,
    usable_offer,
)
from courtesy.decisions.policy import Policy
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, Note, StoredProfile, Take
from courtesy.rulebook.offer import Offer
from courtesy.timeline.events import COURTESY, Contact
from courtesy.timeline.profile import Profile


def reserve(
    store: CustomerStore,
    customer_id: str,
    stored: StoredProfile | None,
    candidates: Sequence[Candidate],
    policy: Policy,
    now: datetime,
    hash_key: bytes,
    *,
    allowances: Allowances | None = None,
    in_doubt: str = "",
    channel: str = "",
    as_written: Callable[[Contact], Contact] = lambda contact: contact,
    attempts: int = ATTEMPTS,
) -> list[Decision]:
    """Decide a customer's candidates and write the contacts that are reserved; one decision per candidate, as written.

    stored: the profile as it was read a moment ago (None: read it); a stale or redirected one costs another read, never a
    wrong contact. allowances: what this run knows of stock and budgets; channel: the only one asked about, where one is;
    as_written: the last word on a contact before it is written. Raises Conflict when others were faster `attempts` times in
    a row; nothing is written then.
    """
    allowed = allowances or Allowances(store)
    existing: set[tuple[str, str]] = set()
    lost = 0.0
    while lost < attempts:
        if stored is None or stored.profile.merged_into:
            stored = store.read_profile(customer_id)
        profile, version = stored
        name = household_name(profile, hash_key)
        household = read_household(store, policy, profile, name)
        written: _Written | None = None
        while written is None:  # until every unit that is asked for may be there
            decisions = decide(
                profile,
                candidates,
                policy,
                now,
                hash_key,
                profile_version=version,
                exhausted=_exhausted(candidates, allowed, now),
                no_stock=[n.removeprefix(STOCK) for n in allowed.exhausted if n.startswith(STOCK)],
                existing=existing,
                in_doubt=in_doubt,
                others=household.contacts,
                channel=channel,
            )
            reserved = [decision for decision in decisions if isinstance(decision, Reserved)]
            if not reserved:
                return decisions
            written = _written(reserved, profile, policy, hash_key, allowed, name)
        step = _step(store, profile, [as_written(contact) for contact in written.contacts])
        beside = [*written.beside, *([] if household.note is None else [household.note])]
        ended = write_contacts(
            store, profile, version, step._replace(beside=beside), reported=bool(step.moved)
        )
        if ended == "committed":
            return decisions
        stored = None
        if ended == "exhausted":
            allowed.refused([one for one in written.beside if isinstance(one, Take)], written.limits)
            lost += 1 / SHARDS  # each time a shard more is known to be full
            continue
        lost += 1
        if ended == "exists":
            existing.update(
                (c.trigger, c.occurrence)
                for c in written.contacts
                if store.read_contact(profile.customer_id, c.trigger, c.occurrence) is not None
            )
    raise Conflict(f"the customer was changed by others {attempts} times in a row; decide again later")


class _Written(NamedTuple):
    """What a reservation writes; limits: counter -> its whole limit."""

    contacts: list[Contact]
    beside: list[Take | Note]
    limits: dict[str, int]


def _exhausted(candidates: Sequence[Candidate], allowed: Allowances, now: datetime) -> list[str]:
    if not allowed.exhausted:
        return []
    return [c.trigger for c in candidates if budget_name(c.trigger, now) in allowed.exhausted]


def _written(
    reserved: Sequence[Reserved],
    profile: Profile,
    policy: Policy,
    hash_key: bytes,
    allowed: Allowances,
    household: str,
) -> _Written | None:
    """The contacts with their codes and the units they take; None where a counter has turned out to have none left."""
    written = _Written([], [], {})
    codes: dict[str, MadeOffer] = {}
    taken: set[str] = set()
    for decision in reserved:
        contact = contact_of(decision, profile, policy, hash_key, codes)
        wanted: list[tuple[str, int]] = []
        offer = policy.offers.get(contact.offer)
        if offer is not None and codes[offer.id].contacts == [contact.id]:
            if offer.stock is not None:
                wanted.append((stock_name(offer.id), offer.stock))
            if offer.unique:
                written.beside.append(Note(code_note(contact.code), holder_document(profile)))
        budget = policy.plan(contact.trigger).trigger.daily_budget
        if budget is not None:
            wanted.append((budget_name(contact.trigger, contact.when), budget))
        holds = []
        for name, limit in wanted:
            take = allowed.pick(name, limit, contact.id, taken)
            if take is None:
                allowed.exhausted.add(name)
                return None
            written.limits[name] = limit
            written.beside.append(take)
            taken.add(take.counter)
            holds.append(take.counter)
        written.contacts.append(msgspec.structs.replace(contact, holds=tuple(holds), household=household))
    return written


def _step(store: CustomerStore, profile: Profile, contacts: Sequence[Contact]) -> Step:
    """What puts these contacts on the timeline: new items, but where a case cancelled the same occurrence its item moves."""
    again = {(past.trigger, past.occurrence) for past in profile.contacts if past.anew}
    new: list[Contact] = []
    moved: list[tuple[Contact, ContactState, str]] = []
    for contact in contacts:
        held = None
        if (contact.trigger, contact.occurrence) in again:
            held = store.read_contact(profile.customer_id, contact.trigger, contact.occurrence)
        if held is None:
            new.append(contact)
        else:
            moved.append((contact, ContactState.CANCELLED, held.claim))
    return Step(new=new, moved=moved)


def contact_of(
    decision: Reserved,
    profile: Profile,
    policy: Policy,
    hash_key: bytes,
    codes: dict[str, MadeOffer] | None = None,
) -> Contact:
    """The contact that a reservation writes. A contact for the next talk has no release: it is due when it expires.

    codes: offers made in the same go, so that two contacts show one code; takes what this contact makes. An offer that the
    customer holds already and can still use when the contact arrives is shown again, by whatever channel it came.
    """
    plan = policy.plan(decision.trigger)
    trigger = plan.trigger
    ledger = profile.ledgers.get(trigger.division)
    offer = policy.offers.get(trigger.offer)
    made = (
        None
        if offer is None
        else _made(offer, decision, profile, policy, hash_key, {} if codes is None else codes)
    )
    return Contact(
        source=COURTESY,
        id=decision.contact,
        when=decision.at,
        trigger=trigger.id,
        occurrence=decision.occurrence,
        division=trigger.division,
        category=trigger.category,
        purpose=trigger.purpose,
        channel=decision.channel,
        planned=decision.planned,
        due=decision.expires if decision.channel == "next_contact" else decision.due,
        expires=decision.expires,
        exempt=plan.exempt,
        priority=trigger.priority,
        weight=decision.weight,
        cost=decision.cost,
        dealer="" if ledger is None else ledger.dealer,
        message=trigger.id,
        offer=trigger.offer,
        address=address_hash(profile, decision.channel, hash_key),
        rulebook=policy.version,
        decided=as_json(decision).decode(),
        code="" if made is None else made.code,
        code_until=None if made is None else made.until,
    )


def _made(
    offer: Offer,
    decision: Reserved,
    profile: Profile,
    policy: Policy,
    hash_key: bytes,
    codes: dict[str, MadeOffer],
) -> MadeOffer:
    if offer.id not in codes:
        codes[offer.id] = usable_offer(profile, offer.id, decision.planned, policy.offers) or MadeOffer(
            offer=offer.id,
            code=code_for(offer, decision.contact, hash_key),
            state="offered",
            since=decision.at,
            until=good_until(offer, decision.planned),
            contacts=[decision.contact],
        )
    return codes[offer.id]
