"""Previews: any message as a sample person or a customer would get it, in any channel, with a dealer's words on trial.

A preview reserves nothing and counts nothing, and its links lead nowhere.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from courtesy.errors import NotFound, RefusedInput, UnknownName
from courtesy.messages.compile import compile_messages
from courtesy.messages.context import MessageContext
from courtesy.messages.post import print_files
from courtesy.messages.postal import postal_address
from courtesy.messages.render import BlocksOf, RenderedEmail, Renderer, no_blocks
from courtesy.messages.rules import PrintProduct
from courtesy.messages.samples import NOW, SAMPLES, sample_contact, sample_profile
from courtesy.messages.texting import parts_of
from courtesy.rulebook.desk import rulebook_of
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import Profile

if TYPE_CHECKING:
    from courtesy.messages.typeset import Typesetter

LINK = "https://api.example.com/u/sample"
PRINTED = ("letter", "postcard")


@dataclass(frozen=True)
class Shown:
    """One message as it would be received; what the channel has not is empty.

    text: the text version, the text message, or what an agent reads; parts: of a text message; pdf, pages: of a printed
    piece, pages as PNG where they were asked for
    """

    trigger: str
    channel: str
    language: str
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    parts: int = 0
    pdf: bytes = b""
    pages: list[bytes] = field(default_factory=list)


class Preview:
    """Shows the messages of one rulebook. Printed pieces need the typesetter, which is loaded when one is asked for."""

    def __init__(self, rulebook: Rulebook, blocks_of: BlocksOf = no_blocks) -> None:
        self.rulebook = rulebook
        self._renderer = Renderer(rulebook, blocks_of)

    def channels(self, trigger: str) -> list[str]:
        """The channels in which the trigger has a message. Raises UnknownName."""
        if trigger not in self.rulebook.triggers:
            raise UnknownName("trigger", trigger, self.rulebook.triggers)
        return list(self.rulebook.triggers[trigger].channels)

    def sample(self, trigger: str, name: str) -> Profile:
        """A sample person with a purchase in the trigger's division. Raises UnknownName."""
        self.channels(trigger)
        if name not in SAMPLES:
            raise UnknownName("sample", name, SAMPLES)
        return sample_profile(name, self.rulebook, self.rulebook.triggers[trigger].division)

    def show(
        self,
        trigger: str,
        channel: str,
        profile: Profile,
        *,
        now: datetime = NOW,
        words: str = "",
        dealer: str = "",
        pictures: float = 0,
    ) -> Shown:
        """The message as the person gets it.

        words, dealer: a dealer's block on trial, and whose it is; pictures: pixels an inch of a printed piece's pages, 0: none
        Raises UnknownName, RefusedInput where the address is not taken, RefusedRule where the text does not fit.
        """
        context = self._context(trigger, channel, profile, now, words, dealer)
        shown = Shown(trigger, channel, context.language)
        if channel == "email":
            mail = self._renderer.email(trigger, context)
            return replace(
                shown,
                subject=mail.subject,
                preheader=mail.preheader,
                html=standing_alone(mail),
                text=mail.text,
            )
        if channel == "sms":
            text = self._renderer.text_message(trigger, context)
            return replace(shown, text=text, parts=parts_of(text))
        piece = self._renderer.printed(trigger, channel, context)
        if channel == "next_contact":
            lines = [piece.headline, *piece.body, " ".join(filter(None, (piece.action, piece.link)))]
            offer = [piece.offer.get(name, "") for name in ("label", "code", "until")]
            said = "\n".join(filter(None, [*lines, *offer, *piece.dealer.get("words", [])]))
            return replace(shown, subject=piece.headline, text=said)
        address = self._address(channel, profile)
        product = self.product(channel)
        made = self._typesetter.pdf(product, piece, address)
        pages = self._typesetter.png(product, piece, address, pictures) if pictures else []
        return replace(shown, subject=piece.subject, text="\n\n".join(piece.body), pdf=made, pages=pages)

    def email(self, trigger: str, sample: str) -> RenderedEmail:
        """The e-mail as the sample person gets it."""
        context = self._context(trigger, "email", self.sample(trigger, sample), NOW, "", "")
        return self._renderer.email(trigger, context)

    def pdf(self, trigger: str, channel: str, sample: str) -> bytes:
        """The printed piece as the sample person gets it. Raises RefusedInput where the address is not taken."""
        return self.show(trigger, channel, self.sample(trigger, sample)).pdf

    def files(self, trigger: str, channel: str, profile: Profile) -> list[bytes]:
        """The PDFs of a printed piece as the vendor takes them: one, or front and back. Raises as `show` does."""
        piece = self._renderer.printed(
            trigger, channel, self._context(trigger, channel, profile, NOW, "", "")
        )
        product, address = self.product(channel), self._address(channel, profile)
        return print_files(self._typesetter, product, piece, address)

    def product(self, channel: str) -> PrintProduct:
        """What the rulebook's vendor prints for a channel. Raises NotFound."""
        rules = self.rulebook.messages
        vendor = rules.vendors.get(rules.printer_of(channel))
        if vendor is None or channel not in vendor.products:
            raise NotFound(
                f"the rulebook names no print vendor for {channel!r}; see `printers` in messages.yaml"
            )
        product: PrintProduct = vendor.products[channel]
        return product

    def _context(
        self, trigger: str, channel: str, profile: Profile, now: datetime, words: str, dealer: str
    ) -> MessageContext:
        if channel not in self.channels(trigger):
            raise UnknownName(f"channel of {trigger}", channel, self.channels(trigger))
        contact = sample_contact(self.rulebook, trigger, channel, now, dealer=dealer)
        context = self._renderer.context(profile, contact, now=now, unsubscribe=LINK, preferences=LINK)
        return self._renderer.with_block(context, words, channel) if words else context

    def _address(self, channel: str, profile: Profile) -> list[str]:
        self.product(channel)
        rules = self.rulebook.messages
        to = postal_address(profile, rules.vendors[rules.printer_of(channel)])
        if isinstance(to, str):
            raise RefusedInput(f"the print vendor does not take this person's address: {to}")
        return to.lines()

    @cached_property
    def _typesetter(self) -> "Typesetter":
        from courtesy.messages.typeset import Typesetter

        return Typesetter(self.rulebook.messages.print_frames)


def standing_alone(mail: RenderedEmail) -> str:
    """The HTML with its pictures written into it, for browsers; a mail carries them beside it."""
    html = mail.html
    for name, png in mail.pictures.items():
        html = html.replace(f"cid:{name}", f"data:image/png;base64,{b64encode(png).decode()}")
    return html


def draft_preview(files: Mapping[str, str], trigger: str, blocks_of: BlocksOf = no_blocks) -> Preview:
    """Previews of a trigger's message as a draft's files say it: only that message is compiled.

    files: texts by path, as `Draft.files`. Raises RefusedRule with file and line of what is wrong in the draft, UnknownName.
    """
    preview = Preview(rulebook_of(files, partial(compile_messages, only=trigger)), blocks_of)
    preview.channels(trigger)
    return preview
