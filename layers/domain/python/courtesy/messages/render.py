"""From a compiled message and a context to what a customer reads: subject, HTML and text, or the data of a printed piece."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from jinja2 import Template

from courtesy.errors import NotFound, RefusedRule
from courtesy.messages.context import (
    MessageContext,
    choose_block,
    choose_language,
    dealer_of,
    make_context,
    segments_of,
)
from courtesy.messages.rules import CompiledMessage, Language
from courtesy.messages.template import compile_template, render
from courtesy.messages.writing import shown, write_date
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile

SUBJECT_MAX = 200
PARAGRAPH_MAX = 2000
_RUN = re.compile(r"\n{3,}")
_PARAGRAPHS = re.compile(r"\n\s*\n")
BLOCK_MAX = 1200
"""Longest rendered dealer block, characters; what is longer is left out and the standard text stands alone."""


@dataclass(frozen=True)
class RenderedEmail:
    """What one customer receives: one line of subject and preheader, the HTML and its text version."""

    subject: str
    preheader: str
    html: str
    text: str


@dataclass(frozen=True)
class PrintText:
    """What one printed piece says, as plain data: nothing in it is markup."""

    headline: str
    subject: str
    greeting: str
    body: list[str]
    action: str
    link: str
    closing: str
    sender: str
    sender_address: str
    date: str
    reference: str
    language: str
    opt_out: str = ""
    dealer: dict[str, Any] = field(default_factory=dict)
    offer: dict[str, str] = field(default_factory=dict)


class Renderer:
    """Renders the messages of one rulebook; each template is checked and compiled once, at its first use."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self._rules = rulebook.messages
        self._words = tuple({word for language in self._rules.languages.values() for word in language.words})
        self._templates: dict[tuple[str, str, bool], Template] = {}
        self._wholes: dict[tuple[str, str], str] = {}

    def context(
        self,
        profile: Profile,
        contact: Contact,
        *,
        now: datetime,
        unsubscribe: str = "",
        preferences: str = "",
    ) -> MessageContext:
        """The context of a contact with its dealer block chosen and rendered; a block that is too long stays away."""
        rules = self._rules
        language = choose_language(profile, rules)
        context = make_context(
            profile,
            contact,
            self.rulebook,
            now=now,
            language=language,
            unsubscribe=unsubscribe,
            preferences=preferences,
        )
        block = choose_block(
            rules,
            dealer_of(profile, contact),
            contact.trigger,
            segments_of(profile, contact.division),
            language,
            now.date(),
        )
        if block is None or not context.dealer.name:
            return context
        try:
            words = self._fill(block.text, language, context.variables())
        except RefusedRule:  # a block is the dealer's own; its fault must not stop the client's message
            return context
        if len(words) > BLOCK_MAX:
            return context
        paragraphs = [shown(part, BLOCK_MAX) for part in _PARAGRAPHS.split(words) if part.strip()]
        return replace(context, dealer=replace(context.dealer, words=paragraphs))

    def email(self, trigger: str, context: MessageContext) -> RenderedEmail:
        """The e-mail of a trigger in the context's language. Raises NotFound where there is none, RefusedRule."""
        message = self._message(trigger, "email", context.language)
        language, variables = context.language, context.variables()
        preheader = shown(self._fill(message.preheader, language, variables), SUBJECT_MAX)
        variables["preheader"] = preheader
        subject = shown(self._fill(message.subject, language, variables), SUBJECT_MAX)
        html = self._fill(self._whole(message), language, variables, html=True)
        text = self._fill(message.text, language, variables)
        return RenderedEmail(subject, preheader, html, _RUN.sub("\n\n", text))

    def printed(self, trigger: str, channel: str, context: MessageContext) -> PrintText:
        """What the letter or postcard says. Raises NotFound where there is no such message, RefusedRule."""
        message = self._message(trigger, channel, context.language)
        variables = context.variables()

        def filled(source: str) -> str:
            return shown(self._fill(source, context.language, variables), PARAGRAPH_MAX)

        parts = {name: filled(source) for name, source in message.parts.items()}
        words, site = context.words, context.links.site
        dealer, offer = context.dealer, context.offer
        language = self._rules.languages[context.language]
        return PrintText(
            headline=parts.get("headline", ""),
            subject=parts.get("subject", ""),
            greeting=context.customer.greeting,
            body=[paragraph for paragraph in map(filled, message.body) if paragraph],
            action=parts.get("action", ""),
            link=_spoken(site + parts.get("path", "")),
            closing=words.get("closing", ""),
            sender=context.sender.name,
            sender_address=context.sender.postal_address,
            date=write_date(context.today, language),
            reference=context.reference,
            language=context.language,
            opt_out=f"{words.get('opt_out_by_post', '')} {_spoken(site)}/mail" if context.marketing else "",
            dealer={
                "title": words.get("your_dealer", ""),
                "name": dealer.name,
                "city": dealer.city,
                "phone": dealer.phone,
                "words": dealer.words,
            }
            if dealer.name
            else {},
            offer={
                "label": offer.label,
                "code": f"{words.get('your_code', '')} {offer.code}",
                "until": f"{words.get('valid_until', '')} {_until(offer.valid_until, language)}",
                "terms": offer.terms,
            }
            if offer.code
            else {},
        )

    def _message(self, trigger: str, channel: str, language: str) -> CompiledMessage:
        message = self._rules.message(trigger, channel, language)
        if message is None:
            raise NotFound(f"trigger {trigger!r} has no {channel} message in the rulebook; publish one")
        return message

    def _whole(self, message: CompiledMessage) -> str:
        """The HTML with its frame; one string per message, so that its hash is worked out once."""
        key = (message.trigger, message.language)
        if key not in self._wholes:
            frame = self._rules.html_frames.get(message.frame)
            self._wholes[key] = frame.before + message.html + frame.after if frame else message.html
        return self._wholes[key]

    def _fill(self, source: str, language: str, variables: dict[str, Any], html: bool = False) -> str:
        if "{" not in source:
            return source
        key = (source, language, html)
        template = self._templates.get(key)
        if template is None:
            template = compile_template(source, self._rules.languages[language], html, self._words)
            self._templates[key] = template
        return render(template, variables)


def _until(day: date | None, language: Language) -> str:
    return write_date(day, language) if day else ""


def _spoken(url: str) -> str:
    return url.removeprefix("https://").removeprefix("www.")
