"""Messages as a sample person or a customer would get them, in any channel. Nothing is reserved, sent or counted."""

from base64 import b64encode
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, Field

from courtesy.errors import NotAllowed, NotFound
from courtesy.messages.preview import PRINTED, Preview, Shown, draft_preview
from courtesy.messages.render import BlocksOf, no_blocks
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller, seen

router = Router("messages")
TriggerId = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,80}$", description="the trigger whose message it is")]
Channel = Annotated[
    Literal["", "email", "letter", "postcard", "sms", "next_contact"],
    Query(description="the trigger's first where left out"),
]


DraftId = Annotated[
    str, Query(pattern=r"^(d-[a-z0-9]{8,40})?$", description="the message as a draft of the rulebook has it")
]
SEES_DRAFTS = frozenset({"marketer", "approver", "engineer"})


class PreviewView(BaseModel):
    """What would be received; what the channel has not is empty."""

    trigger: str
    channel: str
    language: str
    subject: str
    preheader: str
    html: str
    text: str
    parts: int = Field(description="of a text message")
    pdf: str = Field(description="of a printed piece, base64")
    pages: list[str] = Field(description="pictures of its pages, PNG in base64, where they were asked for")


def preview_view(shown: Shown) -> PreviewView:
    """What was rendered, for JSON."""
    return PreviewView(
        trigger=shown.trigger, channel=shown.channel, language=shown.language, subject=shown.subject,
        preheader=shown.preheader, html=shown.html, text=shown.text, parts=shown.parts,
        pdf=b64encode(shown.pdf).decode(), pages=[b64encode(page).decode() for page in shown.pages],
    )  # fmt: skip


@router.get(
    "/messages/<trigger_id>/preview", roles=("marketer", "approver", "dealer", "engineer"), scope="house", rate="heavy",
    summary="A message as a sample person gets it",
)  # fmt: skip
def preview_message(
    trigger_id: TriggerId,
    channel: Channel = "",
    sample: Annotated[str, Query(pattern=r"^[a-z]{1,20}$")] = "ordinary",
    pictures: Annotated[bool, Query(description="printed pages as PNG too")] = False,
    draft: DraftId = "",
) -> PreviewView:
    """HTML and text of an e-mail, PDF and pictures of a piece, the words of the rest. From the rulebook in force, or a draft."""
    preview = _preview(trigger_id, draft)
    chosen = channel or preview.channels(trigger_id)[0]
    person = preview.sample(trigger_id, sample)
    return preview_view(preview.show(trigger_id, chosen, person, pictures=96 if pictures else 0))


@router.get("/messages/<trigger_id>/preview.pdf", roles=("marketer", "approver", "dealer", "engineer"), rate="heavy",
            summary="A printed piece as a sample person gets it")  # fmt: skip
def preview_pdf(
    trigger_id: TriggerId,
    channel: Annotated[Literal["letter", "postcard"], Query()] = "letter",
    sample: Annotated[str, Query(pattern=r"^[a-z]{1,20}$")] = "ordinary",
    draft: DraftId = "",
) -> Response[bytes]:
    """The PDF itself, in the vendor's size. From the rulebook in force, or a draft."""
    preview = _preview(trigger_id, draft)
    made = preview.show(trigger_id, channel, preview.sample(trigger_id, sample))
    return Response(status_code=200, content_type="application/pdf", body=made.pdf)


@router.get("/customers/<customer_id>/preview/<trigger_id>", roles=("marketer", "agent", "dealer", "engineer"),
            scope="customer", look="preview", rate="heavy", summary="A message as this customer would get it")  # fmt: skip
def preview_for_customer(
    customer_id: Annotated[str, Path(pattern=r"^c[a-z0-9]{20,40}$")],  # noqa: ARG001 - the gate reads it
    trigger_id: TriggerId,
    channel: Channel = "",
    pictures: Annotated[bool, Query()] = False,
    draft: DraftId = "",
) -> PreviewView:
    """With what is known of the customer today. Whether they may be contacted is another question: see explain."""
    outside = wiring.wire()
    preview = _preview(trigger_id, draft, outside.approved_blocks)
    chosen = channel or preview.channels(trigger_id)[0]
    who = caller()
    if who.bound and preview.rulebook.triggers[trigger_id].division not in who.divisions:
        raise NotFound(f"there is no trigger {trigger_id!r} in your divisions")
    profile, pictured = seen().profile, 96 if pictures and chosen in PRINTED else 0
    return preview_view(preview.show(trigger_id, chosen, profile, now=outside.clock(), pictures=pictured))


def _preview(trigger_id: str, draft: str, blocks_of: BlocksOf = no_blocks) -> Preview:
    """Previews by the rulebook in force, or by a draft. Raises NotAllowed, NotFound, RefusedRule, UnknownName."""
    outside = wiring.wire()
    if not draft:
        return Preview(outside.rulebooks.current(), blocks_of)
    if not caller().roles & SEES_DRAFTS:
        raise NotAllowed("drafts of the rulebook are seen by marketers, approvers and engineers")
    return draft_preview(outside.drafts.read(draft).files, trigger_id, blocks_of)
