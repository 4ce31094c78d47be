"""What a dealer may not write: the lint of dealer blocks, with the line, before anybody of the client has to read them."""

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from msgspec.structs import replace

from courtesy.errors import RefusedRule
from courtesy.messages.context import (
    Customer,
    DealerCard,
    History,
    Links,
    MessageContext,
    OfferCard,
    Segment,
    Sender,
    Vehicle,
)
from courtesy.messages.glyphs import PRINTED, undrawn
from courtesy.messages.lint_template import lint
from courtesy.messages.template import OUTPUT_MAX, compile_template, render
from courtesy.messages.writing import LINK, MAIL, shown
from courtesy.rulebook.model import Rulebook

if TYPE_CHECKING:
    from courtesy.messages.blocks import Place

_MARKUP = re.compile(r"<[a-z/!][^>]*>?", re.IGNORECASE)
_SHOUT = re.compile(r"\b[A-Z]{4,}\b(?:\W+[A-Z]{4,}\b){2,}")


def block_findings(text: str, rulebook: Rulebook, dealer: str, place: "Place") -> list[str]:
    """Everything that keeps a block from being shown, `line n: text`; empty where nothing does."""
    rules = rulebook.messages
    words = {word for language in rules.languages.values() for word in language.words}
    faults = [f"line {f.line}: {f.text}" for f in lint(text, words)]
    if not text.strip():
        return ["line 1: the block says nothing; leave it away instead"]
    for number, line in enumerate(text.splitlines(), 1):
        faults += [f"line {number}: {told}" for told in _said(line, rules.forbidden_words)]
    if faults:
        return faults
    trigger = rulebook.triggers.get(place.trigger)
    # Words for all channels are shown in those that have room for a dealer's; the others carry the standard text alone.
    having = [c for c in (trigger.channels if trigger else rules.block_limits) if rules.block_limits.get(c)]
    channels = [place.channel] if place.channel != "*" else having
    paper = " and ".join(sorted(PRINTED.intersection(channels)))
    if paper:
        faults = [f"line {each.line}, {each}" for each in undrawn(text)]
        if faults and place.channel == "*":
            faults.append(f"Leave it out, or write words of their own for {paper}")
        if faults:
            return faults
    try:
        longest = _longest(text, rulebook, dealer, place.language)
    except RefusedRule as error:
        return [f"line 1: {error}"]
    return [
        f"{channel}: up to {longest} characters when names are long; at most {limit} fit there. "
        f"Shorten it, or write one for this channel alone"
        for channel in channels
        if longest > (limit := rules.block_limits.get(channel, 0))
    ]


def _said(line: str, forbidden: list[str]) -> Iterator[str]:
    plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", line)
    if any(not (c.isprintable() or c == "\t") for c in plain):
        yield "a character that cannot be seen or turns the direction of writing; type the line anew"
    if _MARKUP.search(plain):
        yield "markup would be shown as it is typed; write plain text"
    if LINK.search(plain):
        yield "no links: your card with telephone and e-mail stands below your words already"
    elif MAIL.search(plain):
        yield "no e-mail addresses: yours stands in your card already"
    if _SHOUT.search(plain):
        yield "several words in capitals are taken for shouting, by people and by spam filters"
    lower = plain.lower()
    for word in forbidden:
        if re.search(rf"(?<!\w){re.escape(word.lower())}(?!\w)", lower):
            yield f"{word!r} may not be promised by a dealer; the client's list of words forbids it"


def _longest(text: str, rulebook: Rulebook, dealer: str, language: str) -> int:
    """Characters of the block for somebody of long names, or for somebody of whom nothing is known if that is longer."""
    spoken = rulebook.messages.languages[language]
    outlet = rulebook.dealers.get(dealer)
    empty = MessageContext(today=date(2026, 9, 30), language=language, words=spoken.words)
    card = (
        DealerCard(name=outlet.name, city=outlet.city, phone=outlet.phone, email=outlet.email)
        if outlet
        else DealerCard()
    )
    long = replace(
        empty,
        customer=Customer("Sehr geehrte Frau Christiansen-Grossmann,", "Maximiliane", "Christiansen-Grossmann",
                          "Maximiliane Christiansen-Grossmann", "Christiansen Industries Ltd", "Mönchengladbach"),
        sender=Sender("Meridian Motor Company", "Motorcycles", "news@example.com", "1 Example Road, Example City"),
        dealer=card,
        offer=OfferCard("WELCOMEBACK", "$500 towards your next vehicle", "", date(2026, 9, 30)),
        vehicle=Vehicle("Meridian Aster Touring", "vehicle", date(2026, 9, 30)),
        history=History(date(2026, 9, 30), date(2026, 9, 30), 12),
        segment=Segment("returning", "newly_returning", "high_performance"),
        links=Links(rulebook.messages.site, rulebook.messages.site, rulebook.messages.site),
    )  # fmt: skip
    template = compile_template(text, spoken, html=False, words=spoken.words)
    nothing, much = (render(template, context.variables()) for context in (empty, long))
    return max(len(shown(nothing, OUTPUT_MAX)), len(shown(much, OUTPUT_MAX)))
