"""The offers of one customer: which code, how far it got, and what rests. Derived from the profile, so it is a fold too.

An offer that was made is known by its id, its code and the end of its validity; contacts of any channel that carry it carry
the same three. Its state is a function of the set of contacts and responses: `failed` or `fulfilled` (the latter wins) over
`redeemed`, over the later of `accepted` and `declined`, over `shown`, over `offered`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta

import msgspec

from courtesy.identity.hashing import keyed_hash
from courtesy.rulebook.offer import Offer
from courtesy.timeline.profile import PastContact, Profile, Reply

CODES = "offers"
"""Stands for a source in the names of person records: a unique code `WB-...` is the record `offers/WB-...`."""

OPEN_STATES = frozenset({"offered", "shown", "accepted"})
"""States in which a code may still be used, and is shown again instead of a new one."""

_RANK = {"shown": 1, "declined": 2, "accepted": 2, "redeemed": 3, "failed": 4, "fulfilled": 5}


class MadeOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One offer as it was made to one customer.

    state: offered, shown, accepted, declined, redeemed, fulfilled or failed; since: when it came to that
    contacts: ids of the contacts that carry it; channels: theirs; until: the end of its validity (excluded)
    """

    offer: str
    code: str
    state: str
    since: datetime
    until: datetime | None = None
    contacts: list[str] = []
    channels: list[str] = []

    def usable(self, at: datetime) -> bool:
        """Whether the code may be used at an instant."""
        return self.state in OPEN_STATES and (self.until is None or at < self.until)


def offers_of(profile: Profile, offers: Mapping[str, Offer]) -> list[MadeOffer]:
    """Every offer that was made to, or answered by, this customer; the latest validity last.

    One whose contacts all gave their slot back and that nobody answered was never made.
    """
    made: dict[tuple[str, str, datetime | None], list[PastContact]] = {}
    for contact in profile.contacts:
        if contact.code:
            made.setdefault((contact.offer, contact.code, contact.code_until), []).append(contact)
    answers: dict[tuple[str, str, datetime | None], list[Reply]] = {key: [] for key in made}
    codes = {offer.code: id_ for id_, offer in offers.items() if not offer.unique}
    for reply in profile.replies:
        if reply.type in _RANK and reply.offer:
            key = _meant(reply, made) or (codes.get(reply.offer, reply.offer), "", None)
            answers.setdefault(key, []).append(reply)
    found = []
    for key, replies in answers.items():
        standing = [c for c in made.get(key, ()) if c.counts]
        if standing or replies:
            found.append(_made(key, standing, replies))
    return sorted(found, key=lambda o: (o.until or o.since, o.offer, o.code))


def _meant(
    reply: Reply, made: Mapping[tuple[str, str, datetime | None], list[PastContact]]
) -> tuple[str, str, datetime | None] | None:
    """The offer that a reply is about: by contact, else the first of its code (or id) that was still good, else the last."""
    named = [key for key in made if reply.offer in key[:2]]
    for key in named:
        if reply.contact and any(contact.contact == reply.contact for contact in made[key]):
            return key
    named.sort(key=lambda key: (key[2] or reply.at, key[1]))
    good = [key for key in named if key[2] is None or reply.at < key[2]]
    return next(iter(good or named[-1:]), None)


def _made(
    key: tuple[str, str, datetime | None], standing: Iterable[PastContact], replies: Iterable[Reply]
) -> MadeOffer:
    contacts = list(standing)
    state, since = "offered", min((c.at for c in contacts), default=datetime.min.replace(tzinfo=UTC))
    last = max(replies, key=lambda r: (_RANK[r.type], r.at, r.type), default=None)
    if last is not None:
        state, since = last.type, last.at
    return MadeOffer(
        offer=key[0],
        code=key[1],
        state=state,
        since=since,
        until=key[2],
        contacts=[c.contact for c in contacts],
        channels=sorted({c.channel for c in contacts}),
    )


def resting(profile: Profile, offers: Mapping[str, Offer]) -> dict[str, datetime]:
    """Offer -> until when nobody makes it to this customer again, because they declined it."""
    rests: dict[str, datetime] = {}
    for made in offers_of(profile, offers) if profile.replies else ():
        offer = offers.get(made.offer)
        if offer is not None and made.state == "declined":
            until = made.since + timedelta(days=offer.rest_days)
            rests[made.offer] = max(until, rests.get(made.offer, until))
    return rests


def usable_offer(profile: Profile, offer: str, at: datetime, offers: Mapping[str, Offer]) -> MadeOffer | None:
    """The offer that this customer holds already and could still use at an instant; the one good for longest."""
    held = [made for made in offers_of(profile, offers) if made.offer == offer and made.code]
    usable = [made for made in held if made.usable(at)]
    return usable[-1] if usable else None


def good_until(offer: Offer, arrives: datetime) -> datetime:
    """The end (excluded) of a code's validity whose first contact arrives then: the end of a day, UTC."""
    last = arrives.astimezone(UTC).date() + timedelta(days=offer.valid_days)
    if offer.valid_until is not None:
        last = min(last, offer.valid_until)
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=UTC)


def code_for(offer: Offer, contact: str, hash_key: bytes) -> str:
    """The code of an offer that is made by a contact: the shared one, or 60 bits of a keyed hash behind the prefix."""
    if not offer.unique:
        return offer.code
    text = keyed_hash(hash_key, "offer code", f"{offer.id}\0{contact}")[:12].upper()
    return f"{offer.code}-{text[:4]}-{text[4:8]}-{text[8:]}"


def sample_code(offer: Offer) -> str:
    """A code that looks like those of the offer and is none, for previews."""
    return f"{offer.code}-SAMP-LEXX-XXXX" if offer.unique else offer.code


def code_note(code: str) -> str:
    """The name under which it is noted whose a unique code is; see `ports.Note`."""
    return f"code/{code}"


class CodeHolder(msgspec.Struct, frozen=True):
    """Whose a unique code is: a person record of the customer that it was made for, so that merges and splits carry it."""

    customer_id: str
    subject: str


def holder_document(profile: Profile) -> bytes:
    """The note on a code made for this customer."""
    own = [subject for subject in profile.subjects if not subject.startswith(f"{CODES}/")]
    return msgspec.json.encode(CodeHolder(profile.customer_id, own[0] if own else ""))


def read_holder(document: bytes) -> CodeHolder:
    """Whose a code is, from its note."""
    return msgspec.json.decode(document, type=CodeHolder)
