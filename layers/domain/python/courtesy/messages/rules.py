"""The section of the rulebook on messages: languages, print vendors, dealer blocks, compiled messages and frames.

`messages` and `frames` are what publishing made of the folder `rulebook/messages/` (see `messages.compile`); everything
else stands in `rulebook/messages.yaml` as it is written.
"""

import re
from datetime import date
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from courtesy.rulebook.section import Section

MessageChannel = Literal["email", "letter", "postcard", "sms", "next_contact"]

Side = Literal["both", "front", "back"]
"""Which sides of a piece a file holds."""


class Language(Section):
    """How one language writes dates, numbers, money and greetings, and the words of the frames.

    months:    the twelve names; date: `{day}`, `{month}`, `{year}`; money: `{amount}`, `{symbol}`
    greetings: for `female`, `male`, `other` and `unknown` (no name known); `{given_name}`, `{surname}`
    words:     what the frames say themselves, by name; each language has the same names
    """

    label: str
    months: list[str] = Field(min_length=12, max_length=12)
    date: str = "{month} {day}, {year}"
    decimal: str = "."
    group: str = ","
    money: str = "{symbol}{amount}"
    greetings: dict[Literal["female", "male", "other", "unknown"], str]
    words: dict[str, str] = Field(default_factory=dict)


class Area(Section):
    """A rectangle on a printed side, inches, measured from the trimmed piece's upper left corner."""

    left: float
    top: float
    width: float
    height: float


class PrintProduct(Section):
    """One kind of piece that a vendor prints; lengths in inches.

    width, height: of the trimmed piece; the file is larger by `bleed` on each side; nothing but pictures and colour may
                   stand nearer to the trim than `safe`
    sides:         pages that a file must have; 0: any number up to `pages_max`
    window:        where the recipient's address shows, where the piece carries it itself
    free:          area of the last side that stays empty because the vendor prints the address there
    files:         how the vendor takes the sides: `one` file with a page for each, or `front_back`, a file for each of two
    size:          the vendor's own word for the product, where its API has one
    """

    name: str
    channel: Literal["letter", "postcard"]
    frame: str
    width: float
    height: float
    bleed: float = 0.0
    safe: float = 0.125
    sides: int = 0
    pages_max: int = 6
    window: Area | None = None
    free: Area | None = None
    colour: bool = True
    files: Literal["one", "front_back"] = "one"
    size: str = ""

    @model_validator(mode="after")
    def _two_sides(self) -> Self:
        if self.files == "front_back" and self.sides != 2:
            raise ValueError("`files: front_back` is for pieces of two sides; say `sides: 2`")
        return self


class AddressLimits(Section):
    """How long the parts of an address may be, characters."""

    name: int = 40
    line: int = 64
    city: int = 200


class ReturnAddress(Section):
    """Where a piece that cannot be delivered goes back to, in the fields of a vendor's API."""

    company: str
    address_line1: str
    address_line2: str = ""
    address_city: str
    address_state: str = ""
    address_zip: str
    address_country: str = "US"


class VendorApi(Section):
    """How a vendor with an HTTP API is reached.

    url: the address below which `letters` and `postcards` stand, https
    secret: ending of the name of the secret that holds the account's key, `courtesy-<stage>-vendor-<secret>`
    return_to: the sender's address
    send_after_hours: hours between making and printing, in which a piece can be cancelled; 0: as soon as the vendor can
    watch_days: how long the vendor is asked what became of a mailing
    """

    url: str
    secret: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    return_to: ReturnAddress
    send_after_hours: int = Field(default=4, ge=0, le=24 * 30)
    watch_days: int = Field(default=45, ge=1, le=180)
    mail_type: str = "usps_first_class"

    @field_validator("url")
    @classmethod
    def _secure(cls, url: str) -> str:
        if not re.fullmatch(
            r"https://[^\s/?#@]+(/[^\s?#]*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?", url
        ):
            raise ValueError("the key goes over the line: an https address without user, query or fragment")
        return url


class PrintVendor(Section):
    """A company that prints and mails. `products`: per channel; `countries`: where it mails to.

    kind: `queue` takes announcements from our queue and fetches the pieces, `api` is handed each piece over HTTP (`api`)
    """

    label: str
    kind: Literal["queue", "api"] = "queue"
    api: VendorApi | None = None
    products: dict[Literal["letter", "postcard"], PrintProduct]
    countries: list[str]
    address: AddressLimits = Field(default_factory=AddressLimits)
    file_bytes_max: int = 5_000_000
    acknowledge_hours: int = 24

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if (self.kind == "api") != (self.api is not None):
            raise ValueError("`kind: api` and `api:` with url, secret and return_to belong together")
        return self


class DealerBlock(Section):
    """A dealer's own words in a message: a sandboxed template of plain paragraphs.

    trigger, segment, channel: `*` stands for all; segment is a lifecycle or sub-segment. Shown only when somebody of the
    client approved it and it has not expired; without one the standard text stands alone. Dealers write theirs at the API
    (`messages.blocks`); those in the rulebook are the client's own.
    """

    dealer: str
    trigger: str = "*"
    segment: str = "*"
    channel: str = "*"
    language: str
    text: str = Field(max_length=2000)
    approved_by: str = ""
    expires: date | None = None


_BLOCK_LIMITS: dict[str, int] = {
    "email": 1200,
    "letter": 600,
    "postcard": 110,
    "next_contact": 300,
}
"""A text message has no room for two senders."""


class CompiledMessage(Section):
    """One message in one channel and language, ready to render with Jinja2 alone.

    html:  the part of the HTML between the frame's two halves, css inlined; whole where `frame` is empty
    text:  the text version of an e-mail
    parts: named texts of a printed piece or of a text message; `body` is a list of paragraphs
    """

    trigger: str
    channel: MessageChannel
    language: str
    frame: str = ""
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    parts: dict[str, str] = Field(default_factory=dict)
    body: list[str] = Field(default_factory=list)


class HtmlFrame(Section):
    """The two halves of the compiled HTML frame around a message."""

    before: str
    after: str


class Picture(Section):
    """A logo or signature, made of a drawing at publication (`messages.pictures`).

    svg: the drawing, for print; png: base64, for mails, of twice `width` x `height` pixels
    """

    svg: str
    png: str
    width: int
    height: int


class MessageRules(Section):
    """Everything that is said to a customer, and with whom it is printed.

    block_limits: channel -> the longest dealer block that the channel's area takes, characters
    forbidden_words: what no dealer may promise, in any language, whatever the case of the letters
    messages: `trigger/channel/language` -> message; html_frames, print_frames: by name (print frames are Typst source)
    printers: channel -> name of the vendor; pictures: logos and signatures of dealers, by name
    """

    languages: dict[str, Language] = Field(default_factory=dict)
    fallback_language: str = "en"
    site: str = "https://example.com"
    vendors: dict[str, PrintVendor] = Field(default_factory=dict)
    printers: dict[Literal["letter", "postcard"], str] = Field(default_factory=dict)
    blocks: list[DealerBlock] = Field(default_factory=list)
    block_limits: dict[str, int] = Field(default_factory=lambda: dict(_BLOCK_LIMITS))
    forbidden_words: list[str] = Field(default_factory=list)
    messages: dict[str, CompiledMessage] = Field(default_factory=dict)
    html_frames: dict[str, HtmlFrame] = Field(default_factory=dict)
    print_frames: dict[str, str] = Field(default_factory=dict)
    pictures: dict[str, Picture] = Field(default_factory=dict)

    def printer_of(self, channel: str) -> str:
        """The name of the vendor that prints for a channel; empty where none does."""
        return {str(printed): name for printed, name in self.printers.items()}.get(channel, "")

    def message(self, trigger: str, channel: str, language: str) -> CompiledMessage | None:
        """The message in the customer's language, else in the fallback language, else None."""
        return self.messages.get(f"{trigger}/{channel}/{language}") or self.messages.get(
            f"{trigger}/{channel}/{self.fallback_language}"
        )
