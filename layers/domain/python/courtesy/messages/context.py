"""What a message may speak of: one typed context made of profile, contact and rulebook, and its names for the lint.

The declared variables of all templates are exactly the fields below, so lint and rendering cannot disagree. Values are
shortened and freed of control characters once, here; templates escape them for their medium.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from courtesy.messages.glyphs import PRINTED, legible
from courtesy.messages.rules import DealerBlock, MessageRules
from courtesy.messages.writing import greeting, shown, shown_name, spoken_phone
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile


class Customer(msgspec.Struct, frozen=True):
    """The person written to; `greeting` is the opening line in their language."""

    greeting: str = ""
    given_name: str = ""
    surname: str = ""
    full_name: str = ""
    company: str = ""
    city: str = ""


class Sender(msgspec.Struct, frozen=True):
    """The division that writes."""

    name: str = ""
    division: str = ""
    email: str = ""
    postal_address: str = ""


class DealerCard(msgspec.Struct, frozen=True):
    """The customer's dealer; all empty where there is none.

    words: the paragraphs of the approved dealer block; logo, signature: names of pictures; logo_alt: what the logo says
    """

    name: str = ""
    city: str = ""
    phone: str = ""
    email: str = ""
    words: list[str] = []
    logo: str = ""
    logo_alt: str = ""
    signature: str = ""
    signed_by: str = ""


class OfferCard(msgspec.Struct, frozen=True):
    """The offer of the contact; all empty where there is none."""

    code: str = ""
    label: str = ""
    terms: str = ""
    valid_until: date | None = None


class Vehicle(msgspec.Struct, frozen=True):
    """The asset that the message is most likely about: the held one that ends soonest, else the newest."""

    model: str = ""
    type: str = ""
    ends: date | None = None


class History(msgspec.Struct, frozen=True):
    """What the customer did in the division."""

    last_purchase: date | None = None
    last_service: date | None = None
    purchases: int = 0


class Segment(msgspec.Struct, frozen=True):
    """The customer's place in the division."""

    lifecycle: str = ""
    sub_segment: str = ""
    value_tier: str = ""


class Links(msgspec.Struct, frozen=True):
    """Addresses of the web. `unsubscribe` and `preferences` are the customer's own."""

    site: str = ""
    unsubscribe: str = ""
    preferences: str = ""


class MessageContext(msgspec.Struct, frozen=True):
    """Everything that a template may name. `today` is the day of sending, UTC; `marketing` tells whether opting out applies."""

    today: date
    language: str
    customer: Customer = Customer()
    sender: Sender = Sender()
    dealer: DealerCard = DealerCard()
    offer: OfferCard = OfferCard()
    vehicle: Vehicle = Vehicle()
    history: History = History()
    segment: Segment = Segment()
    links: Links = Links()
    words: dict[str, str] = {}
    reference: str = ""
    """The contact id, printed small so that a reply can be matched."""
    marketing: bool = True
    preheader: str = ""
    """The rendered preheader of the e-mail at hand; the frame shows it."""

    def variables(self) -> dict[str, Any]:
        """The context as plain dicts, lists and scalars: templates never see a Python object."""
        made = msgspec.structs.asdict(self)
        for name in _CARDS:
            made[name] = msgspec.structs.asdict(made[name])
        return made


_CARDS: dict[str, type[msgspec.Struct]] = {
    "customer": Customer,
    "sender": Sender,
    "dealer": DealerCard,
    "offer": OfferCard,
    "vehicle": Vehicle,
    "history": History,
    "segment": Segment,
    "links": Links,
}


LISTS = frozenset({"dealer.words"})
"""The only variables that a template may loop over."""


def declared() -> frozenset[str]:
    """All dotted names that a template may use, `words.*` apart (each language declares its own)."""
    names = {"today", "language", "reference", "marketing", "preheader"}
    for name, card in _CARDS.items():
        names.update(f"{name}.{part}" for part in card.__struct_fields__)
    return frozenset(names)


class Cards:
    """The senders and dealers of one rulebook as templates see them, each made once."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._senders: dict[str, Sender] = {}
        self._dealers: dict[tuple[str, bool], DealerCard] = {}

    def sender(self, division: str) -> Sender:
        """The division that writes; an empty card where there is none."""
        card = self._senders.get(division)
        if card is None:
            held = self._rulebook.divisions.get(division)
            card = Sender()
            if held is not None:
                name = held.sender_name or held.label
                card = Sender(name, held.label, held.sender_email, held.postal_address)
            self._senders[division] = card
        return card

    def dealer(self, dealer_id: str, paper: bool = False) -> DealerCard:
        """The dealer's card without words of its own; an empty one where there is none. paper: in letters that it shows."""
        card = self._dealers.get((dealer_id, paper))
        if card is None:
            held = self._rulebook.dealers.get(dealer_id)
            if held is None:  # not remembered: sources may name any number of dealers that nobody knows
                return DealerCard()
            say = _on_paper if paper else shown
            pictures = self._rulebook.messages.pictures
            card = DealerCard(
                say(held.name),
                say(held.city),
                spoken_phone(shown(held.phone)),
                shown(held.email),
                logo=held.logo if held.logo in pictures else "",
                logo_alt=shown(held.logo_alt or held.name),
                signature=held.signature if held.signature in pictures else "",
                signed_by=say(held.signed_by),
            )
            self._dealers[dealer_id, paper] = card
        return card


def make_context(
    profile: Profile,
    contact: Contact,
    rulebook: Rulebook,
    *,
    now: datetime,
    language: str,
    unsubscribe: str = "",
    preferences: str = "",
    dealer_words: list[str] | None = None,
    cards: "Cards | None" = None,
) -> MessageContext:
    """The context of one contact.

    language: one of the rulebook's, see `choose_language`; unsubscribe, preferences: absolute URLs
    dealer_words: rendered paragraphs of the chosen dealer block; cards: what is remembered of senders and dealers
    What no font of printed pieces can show is left out of a letter's or postcard's, as if it were not known.
    """
    rules = rulebook.messages
    spoken = rules.languages[language]
    paper = contact.channel in PRINTED
    say = _on_paper if paper else shown
    given, surname, full = (shown_name(profile.text(name)) for name in ("given_name", "surname", "name"))
    if paper:
        given, surname, full = legible(given), legible(surname), legible(full)
    full = full or f"{given} {surname}".strip()
    cards = cards or Cards(rulebook)
    dealer = cards.dealer(dealer_of(profile, contact), paper)
    return MessageContext(
        today=now.date(),
        language=language,
        customer=Customer(
            greeting=greeting(spoken, profile.text("gender"), given, surname),
            given_name=given,
            surname=surname,
            full_name=full,
            company=say(profile.text("company")),
            city=say(profile.text("city")),
        ),
        sender=cards.sender(contact.division),
        dealer=replace(dealer, words=dealer_words) if dealer_words else dealer,
        offer=_offer(rulebook, contact, language),
        vehicle=_vehicle(profile, contact.division, say),
        history=_history(profile, contact.division),
        segment=_segment(profile, contact.division),
        links=Links(site=rules.site, unsubscribe=unsubscribe, preferences=preferences),
        words=spoken.words,
        reference=contact.id,
        marketing=contact.purpose == "marketing",
    )


def choose_language(profile: Profile, rules: MessageRules) -> str:
    """The rulebook's language that the customer prefers (`de-AT` counts as `de`), else the fallback."""
    wished = profile.text("language").lower().replace("_", "-")
    for candidate in (wished, wished.partition("-")[0]):
        if candidate in rules.languages:
            return candidate
    return rules.fallback_language


def dealer_of(profile: Profile, contact: Contact) -> str:
    """The dealer that the contact names, else the one of the latest transaction in the division, else of the person's data."""
    ledger = profile.ledgers.get(contact.division)
    return contact.dealer or (ledger.dealer if ledger else "") or profile.text("dealer")


def choose_block(
    blocks: Iterable[DealerBlock],
    dealer: str,
    trigger: str,
    channel: str,
    segments: tuple[str, ...],
    language: str,
    today: date,
) -> DealerBlock | None:
    """The dealer's most particular approved, unexpired block in the language; None: the standard text stands alone."""
    fitting = [
        block
        for block in blocks
        if block.dealer == dealer
        and block.language == language
        and block.trigger in ("*", trigger)
        and block.segment in ("*", *segments)
        and block.channel in ("*", channel)
        and block.approved_by
        and (block.expires is None or block.expires >= today)
    ]
    return max(
        fitting,
        key=lambda b: (b.trigger != "*", b.segment != "*", b.channel != "*", b.text),
        default=None,
    )


def segments_of(profile: Profile, division: str) -> tuple[str, ...]:
    """Lifecycle and sub-segment by which a dealer block may be chosen."""
    place = profile.places.get(division)
    return () if place is None else tuple(part for part in (place.lifecycle, place.sub_segment) if part)


def _offer(rulebook: Rulebook, contact: Contact, language: str) -> OfferCard:
    """What was fixed at reservation, so that every channel shows the same; a contact without a code shows no offer."""
    offer = rulebook.offers.get(contact.offer) if contact.code else None
    if offer is None:
        return OfferCard()
    fallback, until = rulebook.messages.fallback_language, contact.code_until
    return OfferCard(
        code=contact.code,
        label=_in_language(offer.label, language, fallback),
        terms=_in_language(offer.terms, language, fallback),
        valid_until=(until - timedelta(microseconds=1)).date() if until else None,
    )


def _in_language(texts: dict[str, str], language: str, fallback: str) -> str:
    return texts.get(language) or texts.get(fallback, "")


def _on_paper(text: str) -> str:
    return legible(shown(text))


def _vehicle(profile: Profile, division: str, say: Callable[[str], str]) -> Vehicle:
    held = [a for a in profile.assets if a.status == "held" and a.division == division]
    held = held or [a for a in profile.assets if a.status == "held"]
    if not held:
        return Vehicle()
    ending = [a for a in held if a.ends is not None]
    chosen = (
        min(ending, key=lambda a: (a.ends, a.id))
        if ending
        else max(held, key=lambda a: (a.started.timestamp() if a.started else 0.0, a.id))
    )
    return Vehicle(say(chosen.model), chosen.type, chosen.ends.date() if chosen.ends else None)


def _history(profile: Profile, division: str) -> History:
    ledger = profile.ledgers.get(division)
    if ledger is None:
        return History()
    bought = [occasion for occasion in ledger.occasions if occasion.purchases]
    return History(
        last_purchase=_day(bought[-1].day) if bought else None,
        last_service=_day(ledger.last_service) if ledger.last_service is not None else None,
        purchases=sum(occasion.purchases for occasion in bought),
    )


def _segment(profile: Profile, division: str) -> Segment:
    place = profile.places.get(division)
    return Segment() if place is None else Segment(place.lifecycle, place.sub_segment, place.value_tier)


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)
