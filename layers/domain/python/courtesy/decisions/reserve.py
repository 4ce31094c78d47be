"""Reserve: decide, then write what was decided on condition that nothing changed in between; else decide again.

All contacts of one customer that one run reserves are written in one transaction with the profile that counts them, so a
cap holds whatever else runs at the same time.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from courtesy.decisions.addresses import address_hash
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate, Decision, Reserved
from courtesy.decisions.effects import ATTEMPTS, Step, write_contacts
from courtesy.decisions.explain import as_json
from courtesy.decisions.policy import Policy
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, StoredProfile
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
    exhausted: Collection[str] = (),
    no_stock: Collection[str] = (),
    in_doubt: str = "",
    attempts: int = ATTEMPTS,
) -> list[Decision]:
    """Decide a customer's candidates and write the contacts that are reserved; one decision per candidate, as written.

    stored: the profile as it was read a moment ago (None: read it); a stale or redirected one costs another read, never a
    wrong contact. Raises Conflict when others were faster `attempts` times in a row; nothing is written then.
    """
    existing: set[tuple[str, str]] = set()
    for attempt in range(attempts):
        if stored is None or stored.profile.merged_into or attempt:
            stored = store.read_profile(customer_id)
        profile, version = stored
        decisions = decide(
            profile,
            candidates,
            policy,
            now,
            hash_key,
            profile_version=version,
            exhausted=exhausted,
            no_stock=no_stock,
            existing=existing,
            in_doubt=in_doubt,
        )
        contacts = [contact_of(d, profile, policy, hash_key) for d in decisions if isinstance(d, Reserved)]
        if not contacts:
            return decisions
        step = _step(store, profile, contacts)
        ended = write_contacts(store, profile, version, step, reported=bool(step.moved))
        if ended == "committed":
            return decisions
        if ended == "exists":
            existing.update(
                (c.trigger, c.occurrence)
                for c in contacts
                if store.read_contact(profile.customer_id, c.trigger, c.occurrence) is not None
            )
    raise Conflict(f"the customer was changed by others {attempts} times in a row; decide again later")


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


def contact_of(decision: Reserved, profile: Profile, policy: Policy, hash_key: bytes) -> Contact:
    """The contact that a reservation writes. A contact for the next talk has no release: it is due when it expires."""
    plan = policy.plan(decision.trigger)
    trigger = plan.trigger
    ledger = profile.ledgers.get(trigger.division)
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
    )
