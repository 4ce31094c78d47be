"""Make mailings: claim letters and postcards, typeset them, fix the register, announce, write down what went.

A piece is in one mailing only, whatever crashes or comes twice:

1. The claim of a contact is the id of its mailing, so a contact in `sending` tells which mailing it belongs to.
2. The register of a mailing is written once, on condition that there is none. It alone says which pieces the mailing has.
3. Then it is announced, and then its contacts become `sent`.

A message that comes again for a contact in `sending` looks at the register of the contact's mailing. Listed: announce once
more (the vendor knows mailing and piece ids) and write down. Register there, not listed: the contact can never become part
of that mailing, so it goes back to the queue. No register: whoever came again closes the mailing with what it has at hand;
if the first attempt is alive after all, it finds the register closed and gives its other pieces back.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from courtesy.decisions.addresses import address_hash
from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.policy import Policy
from courtesy.decisions.release import Message
from courtesy.decisions.settle import record_refused, record_sent
from courtesy.errors import Conflict, NotFound, RefusedRule
from courtesy.messages.mailing import (
    Piece,
    Register,
    announcement,
    decode_register,
    encode_register,
    mailing_id_of,
    manifest,
    size_of,
)
from courtesy.messages.ports import MailingShelf
from courtesy.messages.postal import postal_address
from courtesy.messages.render import PrintText, Renderer
from courtesy.messages.rules import PrintProduct, PrintVendor, Side
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, Queue
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile

_PAGE = re.compile(rb"/Type\s*/Page[^s]")


class Typesetting(Protocol):
    """Makes a piece's PDF; `messages.typeset.Typesetter` by Typst."""

    def pdf(self, product: PrintProduct, text: PrintText, address: list[str], side: Side = "both") -> bytes:
        """See `messages.typeset.Typesetter`. Raises RefusedRule."""
        ...


@dataclass(frozen=True)
class Posting:
    """What making mailings needs of the outside."""

    store: CustomerStore
    shelf: MailingShelf
    vendor_queue: Queue
    renderer: Renderer
    policy: Policy
    typesetter: Typesetting
    hash_key: bytes
    clock: Callable[[], datetime]


@dataclass
class Posted:
    """What one run did: contacts by outcome, mailings announced, and the messages (by number) to be delivered again."""

    outcomes: dict[str, int] = field(default_factory=dict)
    mailings: list[str] = field(default_factory=list)
    again: list[int] = field(default_factory=list)

    def count(self, outcome: str) -> None:
        """One more contact that ended so."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


@dataclass(frozen=True)
class _Waiting:
    """A claimed contact with the number of its message."""

    number: int
    contact: Contact
    profile: Profile


def make_mailings(messages: Sequence[Message], run: str, outside: Posting) -> Posted:
    """One mailing for every vendor and channel of the messages, and an end to what earlier runs left open.

    run: names this run, never used again. Messages to be delivered again are listed, nothing is raised for single ones.
    Raises OutsideFailed when store, lake or queue fail: the whole batch comes again and is settled as described above.
    """
    posted = Posted()
    mailings: dict[str, list[_Waiting]] = {}
    for number, message in enumerate(messages):
        try:
            waiting = _claim(number, message, run, outside, posted)
        except Conflict:
            posted.again.append(number)
            continue
        if waiting is not None:
            mailings.setdefault(waiting.contact.claim, []).append(waiting)
    for mailing_id, group in mailings.items():
        _finish(mailing_id, group, outside, posted)
    return posted


def _claim(number: int, message: Message, run: str, outside: Posting, posted: Posted) -> _Waiting | None:
    now = outside.clock()
    held = outside.store.read_contact(message.customer_id, message.trigger, message.occurrence)
    channel = held.channel if held else "none"
    vendor = outside.renderer.rulebook.messages.printer_of(channel) or "none"
    answer = claim(
        outside.store,
        message.customer_id,
        message.trigger,
        message.occurrence,
        outside.policy,
        now,
        mailing_id_of(run, vendor, channel, now),
        hash_key=outside.hash_key,
    )
    if isinstance(answer, Claimed):
        return _Waiting(number, answer.contact, answer.profile)
    if (
        answer.reason == "taken"
        and answer.contact is not None
        and answer.contact.state is ContactState.SENDING
    ):
        profile = outside.store.read_profile(message.customer_id).profile
        return _Waiting(number, answer.contact, profile)
    posted.count(f"not_claimed_{answer.reason}")
    return None


def _finish(mailing_id: str, group: list[_Waiting], outside: Posting, posted: Posted) -> None:
    rules = outside.renderer.rulebook.messages
    channel = group[0].contact.channel
    vendor_name = rules.printer_of(channel)
    vendor = rules.vendors.get(vendor_name)
    if vendor is None or channel not in vendor.products:
        for waiting in group:
            _give_back(waiting, "no_print_vendor", outside, posted)
        return
    product = vendor.products[channel]
    faults: dict[str, str] = {}
    document = outside.shelf.register(vendor_name, mailing_id)
    if document is None:
        pieces = list(_make_pieces(mailing_id, vendor_name, vendor, product, group, outside, faults))
        made = Register(mailing_id, vendor_name, channel, size_of(product), outside.clock(), pieces)
        document = outside.shelf.close(vendor_name, mailing_id, encode_register(made))
    register = decode_register(document)
    if register.pieces:
        outside.shelf.put(vendor_name, mailing_id, "manifest.jsonl", manifest(register))
        outside.vendor_queue.send([announcement(register)])
        posted.mailings.append(mailing_id)
    listed = {piece.id for piece in register.pieces}
    for waiting in group:
        if waiting.contact.id not in listed:
            _give_back(waiting, faults.get(waiting.contact.id, ""), outside, posted)
            continue
        id_, now = waiting.profile.customer_id, outside.clock()
        try:
            posted.count(
                record_sent(outside.store, id_, waiting.contact, mailing_id, now, mailing=mailing_id)
            )
        except Conflict:
            posted.again.append(waiting.number)


def _make_pieces(
    mailing_id: str,
    vendor_name: str,
    vendor: PrintVendor,
    product: PrintProduct,
    group: list[_Waiting],
    outside: Posting,
    faults: dict[str, str],
) -> Iterable[Piece]:
    """The pieces that could be made, stored; `faults` gets a word for each contact whose piece could not.

    A contact whose customer has another address by now than at its claim (an earlier run died, then they moved or were
    merged) is left out: the law was applied to the other address, so it is claimed anew.
    """
    for waiting in group:
        contact = waiting.contact
        if contact.address != address_hash(waiting.profile, contact.channel, outside.hash_key):
            continue
        made = _typeset(vendor, product, waiting, outside)
        if isinstance(made, str):
            faults[waiting.contact.id] = made
            continue
        piece, files = made
        for file, content in files.items():
            outside.shelf.put_piece(vendor_name, mailing_id, file, content)
        yield piece


def _typeset(
    vendor: PrintVendor, product: PrintProduct, waiting: _Waiting, outside: Posting
) -> tuple[Piece, dict[str, bytes]] | str:
    """The piece and its PDFs by file, or in one word why there is none."""
    contact, profile = waiting.contact, waiting.profile
    to = postal_address(profile, vendor)
    if isinstance(to, str):
        return to
    renderer = outside.renderer
    try:
        context = renderer.context(profile, contact, now=contact.sent or outside.clock())
        text = renderer.printed(contact.trigger, contact.channel, context)
        sides = print_files(outside.typesetter, product, text, to.lines())
    except NotFound:
        return "message_missing"
    except RefusedRule:
        return "text_does_not_fit"
    pages = [len(_PAGE.findall(content)) for content in sides]
    if sum(pages) > product.pages_max or (product.sides and sum(pages) != product.sides) or 0 in pages:
        return "too_many_pages"
    if max(map(len, sides)) > vendor.file_bytes_max:
        return "file_too_large"
    sums = [hashlib.sha256(content).hexdigest() for content in sides]
    files = [f"pieces/{contact.id}-{checksum[:12]}.pdf" for checksum in sums]
    piece = Piece(
        id=contact.id,
        file=files[0],
        sha256=sums[0],
        pages=sum(pages),
        to=to,
        customer_id=profile.customer_id,
        trigger=contact.trigger,
        occurrence=contact.occurrence,
        address=contact.address,
        back=files[1] if len(files) > 1 else "",
        back_sha256=sums[1] if len(sums) > 1 else "",
    )
    return piece, dict(zip(files, sides, strict=True))


def print_files(
    typesetter: Typesetting, product: PrintProduct, text: PrintText, address: list[str]
) -> list[bytes]:
    """The piece's files; where a dealer's words make it too long, the standard text alone. Raises RefusedRule."""
    sides: tuple[Side, ...] = ("both",) if product.files == "one" else ("front", "back")
    try:
        return [typesetter.pdf(product, text, address, side) for side in sides]
    except RefusedRule:
        if not text.dealer.get("words"):
            raise
        alone = replace(text, dealer=text.dealer | {"words": []})
        return [typesetter.pdf(product, alone, address, side) for side in sides]


def _give_back(waiting: _Waiting, fault: str, outside: Posting, posted: Posted) -> None:
    """End a contact that cannot be printed (`fault`), or queue one that missed its mailing; the register decided that."""
    now = outside.clock()
    try:
        record_refused(
            outside.store,
            waiting.profile.customer_id,
            waiting.contact,
            fault or "mailing_closed",
            now,
            retry_at=None if fault else now,
        )
    except Conflict:
        posted.again.append(waiting.number)
        return
    posted.count(f"refused_{fault}" if fault else "later")
