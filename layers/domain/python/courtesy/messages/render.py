"""From a compiled message and a context to what a customer reads: subject, HTML and text, or the data of a printed piece."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
from jinja2 import Template
from msgspec.structs import asdict, replace

from courtesy.errors import NotFound, OutsideFailed, RefusedRule
from courtesy.messages.context import (
    Cards,
    DealerCard,
    MessageContext,
    Sender,
    choose_block,
    choose_language,
    dealer_of,
    make_context,
    segments_of,
)
from courtesy.messages.glyphs import PRINTED, legible
from courtesy.messages.rules import CompiledMessage, DealerBlock, Language
from courtesy.messages.template import compile_template, render
from courtesy.messages.texting import PARTS_MAX, parts_of
from courtesy.messages.writing import shown, write_date
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile

SUBJECT_MAX = 200
PARAGRAPH_MAX = 2000
_PARAGRAPHS = re.compile(r"\n\s*\n")

BlocksOf = Callable[[str], Sequence[DealerBlock]]
"""The approved blocks of a dealer, by id. May raise OutsideFailed: then the standard text stands alone."""


def no_blocks(_: str) -> Sequence[DealerBlock]:
    """For where no dealer has written anything."""
    return ()


class RenderedEmail(msgspec.Struct, frozen=True):
    """What one customer receives: one line of subject and preheader, the HTML and its text version.

    pictures: name -> PNG of those that the HTML shows as `cid:<name>`
    """

    subject: str
    preheader: str
    html: str
    text: str
    pictures: Mapping[str, bytes] = {}


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

    def __init__(self, rulebook: Rulebook, blocks_of: BlocksOf = no_blocks) -> None:
        self.rulebook = rulebook
        self._blocks_of = blocks_of
        self._rules = rulebook.messages
        self._words = tuple({word for language in self._rules.languages.values() for word in language.words})
        self._cards = Cards(rulebook)
        self._templates: dict[tuple[str, str, bool, Sender | None], Template] = {}
        self._wholes: dict[tuple[str, str], str] = {}
        self._pngs: dict[str, bytes] = {}

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
            cards=self._cards,
        )
        if not context.dealer.name:
            return context
        dealer = dealer_of(profile, contact)
        block = choose_block(
            [*rules.blocks, *self._written(dealer)],
            dealer,
            contact.trigger,
            contact.channel,
            segments_of(profile, contact.division),
            language,
            now.date(),
        )
        return context if block is None else self.with_block(context, block.text, contact.channel)

    def with_block(self, context: MessageContext, text: str, channel: str) -> MessageContext:
        """The context with a dealer's words in it; a text that is faulty, longer than the channel's area, or in letters that
        the channel cannot print stays away."""
        longest = self._rules.block_limits.get(channel, 0)
        try:
            words = self._fill(text, context.language, context.variables())
        except RefusedRule:  # a block is the dealer's own; its fault must not stop the client's message
            return context
        if len(words) > longest:
            return context
        paragraphs = [shown(part, longest) for part in _PARAGRAPHS.split(words) if part.strip()]
        if channel in PRINTED:
            paragraphs = [legible(part) for part in paragraphs]
            if not all(paragraphs):
                return context
        return replace(context, dealer=replace(context.dealer, words=paragraphs))

    def _written(self, dealer: str) -> Sequence[DealerBlock]:
        try:
            return self._blocks_of(dealer)
        except OutsideFailed:
            return ()

    def email(self, trigger: str, context: MessageContext) -> RenderedEmail:
        """The e-mail of a trigger in the context's language. Raises NotFound where there is none, RefusedRule."""
        message = self._message(trigger, "email", context.language)
        language, variables = context.language, context.variables()
        preheader = shown(self._fill(message.preheader, language, variables), SUBJECT_MAX)
        variables["preheader"] = preheader
        subject = shown(self._fill(message.subject, language, variables), SUBJECT_MAX)
        html = self._fill(self._whole(message), language, variables, html=True, sender=context.sender)
        text = self._fill(message.text, language, variables, sender=context.sender)
        # Where a part was left out, an empty line too many is left.
        text = "\n\n".join([part.strip("\n") for part in text.split("\n\n") if part])
        return RenderedEmail(subject, preheader, html, text, self._pictures(context.dealer, html))

    def _pictures(self, dealer: DealerCard, html: str) -> dict[str, bytes]:
        """The pictures that a mail shows."""
        shown = {}
        for name in (dealer.logo, dealer.signature):
            # From the end, where a dealer stands: a tenth of the time that it takes from the beginning.
            if name and html.rfind(f"cid:{name}") >= 0:
                if name not in self._pngs:
                    self._pngs[name] = b64decode(self._rules.pictures[name].png)
                shown[name] = self._pngs[name]
        return shown

    def _drawn(self, name: str) -> str:
        picture = self._rules.pictures.get(name)
        return picture.svg if picture else ""

    def text_message(self, trigger: str, context: MessageContext) -> str:
        """The text message of a trigger: the sender, the words and for marketing how to end them. Raises NotFound, RefusedRule."""
        message = self._message(trigger, "sms", context.language)
        said = shown(self._fill(message.text, context.language, context.variables()), PARAGRAPH_MAX)
        end = f" {context.words.get('stop_by_text', '')}" if context.marketing else ""
        text = f"{context.sender.name}: {said}{end}"
        if parts_of(text) > PARTS_MAX:
            raise RefusedRule(f"the text message takes {parts_of(text)} parts; at most {PARTS_MAX} are sent")
        return text

    def printed(self, trigger: str, channel: str, context: MessageContext) -> PrintText:
        """What the letter or postcard says, or the agent and the web page (channel `next_contact`). Raises NotFound where there is no such message, RefusedRule."""
        message = self._message(trigger, channel, context.language)
        variables = context.variables()

        def filled(source: str) -> str:
            return shown(self._fill(source, context.language, variables), PARAGRAPH_MAX)

        parts = {name: filled(source) for name, source in message.parts.items()}
        body = [paragraph for paragraph in map(filled, message.body) if paragraph]
        if (
            channel not in PRINTED
        ):  # no greeting stands before it, after whose comma German goes on in small letters
            body = [part[:1].upper() + part[1:] for part in body]
        words, site = context.words, context.links.site
        dealer, offer = context.dealer, context.offer
        language = self._rules.languages[context.language]
        return PrintText(
            headline=parts.get("headline", ""),
            subject=parts.get("subject", ""),
            greeting=context.customer.greeting,
            body=body,
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
                "logo": self._drawn(dealer.logo),
                "logo_alt": dealer.logo_alt,
                "signature": self._drawn(dealer.signature),
                "signed_by": dealer.signed_by,
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

    def _fill(
        self,
        source: str,
        language: str,
        variables: dict[str, Any],
        html: bool = False,
        sender: Sender | None = None,
    ) -> str:
        """Render a text. sender: whose it always is, so that the sender is written into the template once."""
        if "{" not in source:
            return source
        key = (source, language, html, sender)
        template = self._templates.get(key)
        if template is None:
            known = self._known(language, sender) if sender is not None else None
            template = compile_template(source, self._rules.languages[language], html, self._words, known)
            self._templates[key] = template
        return render(template, variables)

    def _known(self, language: str, sender: Sender) -> dict[str, str]:
        """What every message of a sender in a language shows alike."""
        words = {f"words.{name}": word for name, word in self._rules.languages[language].words.items()}
        own = {f"sender.{name}": str(value) for name, value in asdict(sender).items()}
        return words | own | {"links.site": self._rules.site}


def _until(day: date | None, language: Language) -> str:
    return write_date(day, language) if day else ""


def _spoken(url: str) -> str:
    return url.removeprefix("https://").removeprefix("www.")
