"""Dealers' own words in the client's messages: a dealer writes and sees its own, the client's approver decides.

A dealer's token names the outlets it speaks for (`custom:dealer`); every other outlet does not exist for it.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import NotFound
from courtesy.messages.blocks import (
    Block,
    Place,
    Words,
    approve_block,
    check_place,
    refuse_block,
    waiting_blocks,
    withdraw_block,
    write_block,
)
from courtesy.messages.lint_block import block_findings
from courtesy.messages.preview import Preview
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller
from functions.serve_api.routes.preview import PreviewView, preview_view

router = Router("dealers")
READS = ("dealer", "marketer", "approver")
WRITES = ("dealer", "marketer")
DealerId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="the dealer's id in the rulebook")
]
TriggerId = Annotated[str, Path(pattern=r"^(\*|all|[a-z0-9_]{1,80})$", description="a trigger, or `all`")]


class PlaceRequest(BaseModel):
    """Where the words stand: for which segment, in which channel, in which language; `*` for all."""

    model_config = ConfigDict(extra="forbid")

    segment: str = Field(default="*", max_length=40, description="a lifecycle or sub-segment, or `*`")
    channel: Literal["*", "email", "letter", "postcard", "sms", "next_contact"] = "*"
    language: str = Field(default="en", max_length=12)

    def place(self, trigger: str) -> Place:
        """The place of a block of this trigger."""
        return Place("*" if trigger == "all" else trigger, self.segment, self.channel, self.language)


class BlockRequest(PlaceRequest):
    """New words. They are a template: `{{ customer.given_name }}` and the other declared names may stand in them."""

    text: str = Field(max_length=2000)
    expires: date = Field(description="the last day on which they are shown")


class TrialRequest(PlaceRequest):
    """Words to look at before they are saved. `as_channel`: the channel to show them in."""

    text: str = Field(max_length=2000)
    as_channel: Literal["email", "letter", "postcard", "sms", "next_contact"] = "email"
    sample: str = "ordinary"
    pictures: bool = Field(default=False, description="printed pieces as pictures too")


class VerdictRequest(PlaceRequest):
    """A decision on the words that were read: `checksum` names exactly those."""

    checksum: str = Field(pattern=r"^[0-9a-f]{16}$")
    reason: str = Field(default="", max_length=400, description="for the dealer, where the words are refused")


class WordsView(BaseModel):
    """One wording, who wrote it and who decided on it."""

    text: str
    expires: date
    checksum: str
    written_by: str
    written_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str


class BlockView(BaseModel):
    """The words of one place. The standard text stands alone unless `approved` is there and has not expired."""

    dealer: str
    trigger: str
    segment: str
    channel: str
    language: str
    state: Literal["waiting", "approved", "expired", "refused"]
    waiting: WordsView | None
    approved: WordsView | None
    refused: WordsView | None


class BlocksView(BaseModel):
    """Blocks by place."""

    blocks: list[BlockView]


class MessageView(BaseModel):
    """A message that the dealer's words can stand in."""

    trigger: str
    label: str
    channels: list[str]


class DealerView(BlocksView):
    """A dealer, its blocks, and the messages of its divisions that go out at present."""

    dealer: str
    name: str
    messages: list[MessageView]


class TrialView(BaseModel):
    """What keeps the words from being saved, by line, and how they would look where nothing does."""

    findings: list[str]
    shown: PreviewView | None


class WithdrawnView(BaseModel):
    """The place is empty: the standard text stands alone, for senders after a minute at most."""

    withdrawn: str


@router.get("/dealers/<dealer_id>/blocks", roles=READS, summary="A dealer's own words, by place")
def get_blocks(dealer_id: DealerId) -> DealerView:
    """All wordings: waiting, in force, refused; and the messages they can stand in. A dealer sees its own only."""
    _stay_at_home(dealer_id)
    outside = wiring.wire()
    rulebook, (held, _) = outside.rulebooks.current(), outside.blocks.read(dealer_id)
    dealer = rulebook.dealers[dealer_id]
    return DealerView(
        dealer=dealer_id, name=dealer.name, blocks=[_view(dealer_id, block) for block in held.blocks],
        messages=[
            MessageView(trigger=id_, label=rule.label, channels=list(rule.channels))
            for id_, rule in sorted(rulebook.triggers.items())
            if rule.active and rule.division in dealer.divisions
        ],
    )  # fmt: skip


@router.get("/blocks/waiting", roles=("marketer", "approver"), summary="Words that wait for approval")
def get_waiting(limit: Annotated[int, Query(ge=1, le=500)] = 100) -> BlocksView:
    """Of all dealers, the oldest first."""
    every = waiting_blocks(wiring.wire().blocks.every())
    return BlocksView(blocks=[_view(dealer, block) for dealer, block in every[:limit]])


@router.put("/dealers/<dealer_id>/blocks/<trigger_id>", roles=WRITES, summary="Write a dealer's own words")
def put_block(
    dealer_id: DealerId, trigger_id: TriggerId, request: Annotated[BlockRequest, Body()]
) -> BlockView:
    """The words wait for approval; what is in force stays until then. Refused with every finding and its line."""
    _stay_at_home(dealer_id)
    outside = wiring.wire()
    block = write_block(
        outside.blocks, outside.rulebooks.current(), dealer_id, request.place(trigger_id), request.text,
        request.expires, caller().id, outside.clock(),
    )  # fmt: skip
    return _view(dealer_id, block)


@router.post(
    "/dealers/<dealer_id>/blocks/<trigger_id>/preview",
    roles=READS,
    rate="heavy",
    asks=True,
    summary="Words on trial",
)
def try_block(
    dealer_id: DealerId, trigger_id: TriggerId, request: Annotated[TrialRequest, Body()]
) -> TrialView:
    """What is against the words, and the message with them for a sample person. Nothing is saved."""
    _stay_at_home(dealer_id)
    outside = wiring.wire()
    rulebook, place = outside.rulebooks.current(), request.place(trigger_id)
    check_place(rulebook, dealer_id, place)
    findings = block_findings(request.text, rulebook, dealer_id, place)
    if findings:
        return TrialView(findings=findings, shown=None)
    mine = rulebook.dealers[dealer_id].divisions
    fitting = [
        id_
        for id_, rule in rulebook.triggers.items()
        if rule.division in mine and request.as_channel in rule.channels
    ]
    trigger = place.trigger if place.trigger != "*" else next(iter(sorted(fitting)), "")
    preview = Preview(rulebook)
    made = preview.show(
        trigger, request.as_channel, preview.sample(trigger, request.sample), words=request.text, dealer=dealer_id,
        pictures=96 if request.pictures else 0,
    )  # fmt: skip
    return TrialView(findings=[], shown=preview_view(made))


@router.post(
    "/dealers/<dealer_id>/blocks/<trigger_id>/approve", roles=("approver",), summary="Put words in force"
)
def approve(
    dealer_id: DealerId, trigger_id: TriggerId, request: Annotated[VerdictRequest, Body()]
) -> BlockView:
    """By somebody of the client who did not write them. 409 where the words changed after they were read."""
    outside = wiring.wire()
    block = approve_block(
        outside.blocks, outside.rulebooks.current(), dealer_id, request.place(trigger_id), request.checksum,
        caller().id, outside.clock(),
    )  # fmt: skip
    return _view(dealer_id, block)


@router.post("/dealers/<dealer_id>/blocks/<trigger_id>/refuse", roles=("approver",), summary="Refuse words")
def refuse(
    dealer_id: DealerId, trigger_id: TriggerId, request: Annotated[VerdictRequest, Body()]
) -> BlockView:
    """With a reason that the dealer reads; what is in force stays."""
    outside = wiring.wire()
    block = refuse_block(
        outside.blocks, dealer_id, request.place(trigger_id), request.checksum, request.reason, caller().id,
        outside.clock(),
    )  # fmt: skip
    return _view(dealer_id, block)


@router.delete(
    "/dealers/<dealer_id>/blocks/<trigger_id>", roles=(*WRITES, "approver"), summary="Take words away"
)
def delete_block(
    dealer_id: DealerId,
    trigger_id: TriggerId,
    segment: Annotated[str, Query(max_length=40)] = "*",
    channel: Annotated[str, Query(max_length=20)] = "*",
    language: Annotated[str, Query(max_length=12)] = "en",
) -> WithdrawnView:
    """All wordings of the place. None there is a success too."""
    _stay_at_home(dealer_id)
    place = Place("*" if trigger_id == "all" else trigger_id, segment, channel, language)
    withdraw_block(wiring.wire().blocks, dealer_id, place)
    return WithdrawnView(withdrawn=str(place))


def _stay_at_home(dealer_id: str) -> None:
    """Say `not found`, not `forbidden`: a dealer learns nothing of another's words. Raises NotFound."""
    who = caller()
    only_dealer = not who.roles & {"marketer", "approver"}
    known = dealer_id in wiring.wire().rulebooks.current().dealers
    if not known or (only_dealer and dealer_id not in who.dealers):
        raise NotFound(f"there is no dealer {dealer_id!r}, or it is not yours")


def _view(dealer: str, block: Block) -> BlockView:
    place = block.place
    return BlockView(
        dealer=dealer, trigger=place.trigger, segment=place.segment, channel=place.channel, language=place.language,
        state=block.state(wiring.wire().clock().date()),
        waiting=_words(block.waiting), approved=_words(block.approved), refused=_words(block.refused),
    )  # fmt: skip


def _words(words: Words | None) -> WordsView | None:
    if words is None:
        return None
    return WordsView(
        text=words.text, expires=words.expires, checksum=words.checksum, written_by=words.written_by,
        written_at=words.written_at, decided_by=words.decided_by, decided_at=words.decided_at, reason=words.reason,
    )  # fmt: skip
