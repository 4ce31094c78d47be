"""The rulebook as it is read: sections and entries of the version in force, of another one, or of a draft."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, Field

from courtesy.errors import RefusedInput, UnknownName
from courtesy.rulebook.desk import rulebook_of
from courtesy.rulebook.files import SECTIONS
from courtesy.rulebook.load import OWN_NAMES
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.schemas import schemas
from courtesy.rulebook.versions import sections_of
from functions.serve_api import wiring
from functions.serve_api.gate import Router

router = Router("rulebook")
EVERYBODY = ("marketer", "approver", "agent", "dealer", "privacy_officer", "engineer", "source")
READS = ("marketer", "approver", "engineer")
SEES = (*READS, "agent")
Version = Annotated[int, Query(ge=0, le=99_999_999, description="a published version; 0: the one in force")]
DraftId = Annotated[str, Query(pattern=r"^(d-[a-z0-9]{8,40})?$", description="a draft instead")]
Section = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]
Entry = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,80}$")]


class SectionView(BaseModel):
    """A section; `entries` is null where it has none."""

    name: str
    entries: list[str] | None


class RulebookView(BaseModel):
    """Which rulebook is in force, since when, and what stands in it."""

    version: int
    published_by: str
    published_at: datetime | None
    sections: list[SectionView]


class ValueView(BaseModel):
    """A section or one entry of it. version: 0 is a draft."""

    version: int
    section: str
    entry: str = ""
    value: dict[str, Any]


class TriggerLine(BaseModel):
    """A trigger in a list."""

    id: str
    label: str
    division: str
    category: str
    purpose: str
    kind: str
    channels: list[str]
    priority: int
    active: bool
    offer: str
    criteria: str
    last: dict[str, int] = Field(
        description="outcome -> candidates in the latest cycle; empty where it proposed nobody"
    )


class TriggersView(BaseModel):
    """The triggers by id."""

    version: int
    cycle_id: str = Field(description="the cycle whose outcomes are shown, empty before the first")
    triggers: list[TriggerLine]


class MessageLine(BaseModel):
    """A message in one channel and language."""

    trigger: str
    channel: str
    language: str
    subject: str


class TriggerView(BaseModel):
    """One trigger with all its fields and its messages."""

    version: int
    trigger: dict[str, Any]
    messages: list[MessageLine]
    cycle_id: str
    last: dict[str, int]


class PoliciesView(BaseModel):
    """The contact law's figures: categories, purposes, permission defaults, channels, caps, gaps, blackouts and the rest."""

    version: int
    policies: dict[str, Any]


class SegmentsView(BaseModel):
    """The segment rules, and where the customers are by the latest cycle (empty before the first)."""

    version: int
    rules: dict[str, Any]
    cycle_id: str
    segments: dict[str, dict[str, int]]
    value_tiers: dict[str, dict[str, int]]
    value: dict[str, dict[str, int]]


class TemplatesView(BaseModel):
    """All compiled messages."""

    version: int
    templates: list[MessageLine]


class TemplateView(BaseModel):
    """One compiled message; see the preview for how it looks."""

    version: int
    trigger: str
    channel: str
    language: str
    subject: str
    preheader: str
    html: str
    text: str
    parts: dict[str, str]
    body: list[str]


class DivisionLine(BaseModel):
    """A line of business."""

    name: str
    label: str
    currency: str


class DivisionsView(BaseModel):
    """The divisions."""

    divisions: list[DivisionLine]


@router.get("/rulebook", roles=SEES, summary="The rulebook in force")
def get_rulebook() -> RulebookView:
    """Its version, who published it when, its sections and their entries."""
    rulebooks = wiring.wire().rulebooks
    current = rulebooks.current()
    told = next((each for each in rulebooks.history() if each.version == current.version), None)
    return RulebookView(
        version=current.version,
        published_by=told.by if told else "",
        published_at=told.at if told else None,
        sections=[
            SectionView(name=name, entries=sorted(getattr(current, name)) if name in OWN_NAMES else None)
            for name in SECTIONS
        ],
    )


@router.get("/rulebook/sections/<section>", roles=READS, summary="A section of the rulebook")
def get_section(section: Section, version: Version = 0, draft: DraftId = "") -> ValueView:
    """With every default written out."""
    book = chosen(version, draft)
    return ValueView(version=book.version, section=section, value=_section(book, section))


@router.get("/rulebook/sections/<section>/<entry>", roles=READS, summary="An entry of a section")
def get_entry(section: Section, entry: Entry, version: Version = 0, draft: DraftId = "") -> ValueView:
    """A trigger, offer, source, division or dealer, with every default written out."""
    book = chosen(version, draft)
    entries = _section(book, section)
    if section not in OWN_NAMES:
        raise RefusedInput(f"section {section!r} has no entries; ask for it as a whole")
    if entry not in entries:
        raise UnknownName(section.removesuffix("s"), entry, entries)
    return ValueView(version=book.version, section=section, entry=entry, value=entries[entry])


@router.get("/rulebook/schemas/<section>", roles=READS, summary="The JSON Schema of a section")
def get_schema(section: Section) -> dict[str, Any]:
    """For forms and completion; of one entry where each has a file of its own."""
    known = schemas()
    if section not in known:
        raise UnknownName("section", section, known)
    return known[section]


@router.get("/triggers", roles=SEES, summary="The triggers")
def list_triggers(version: Version = 0, draft: DraftId = "") -> TriggersView:
    """With what the latest cycle decided on each."""
    book = chosen(version, draft)
    cycle_id, ends = _last()
    return TriggersView(
        version=book.version,
        cycle_id=cycle_id,
        triggers=[
            TriggerLine(**trigger.model_dump(include=set(TriggerLine.model_fields)), last=ends.get(id_, {}))
            for id_, trigger in sorted(book.triggers.items())
        ],
    )


@router.get("/triggers/<trigger>", roles=SEES, summary="One trigger")
def get_trigger(trigger: Entry, version: Version = 0, draft: DraftId = "") -> TriggerView:
    """All its fields, its messages, and what the latest cycle decided."""
    book = chosen(version, draft)
    if trigger not in book.triggers:
        raise UnknownName("trigger", trigger, book.triggers)
    cycle_id, ends = _last()
    return TriggerView(
        version=book.version, trigger=book.triggers[trigger].model_dump(mode="json"),
        messages=[line for line in _messages(book) if line.trigger == trigger], cycle_id=cycle_id,
        last=ends.get(trigger, {}),
    )  # fmt: skip


@router.get("/policies", roles=SEES, summary="The contact law's figures")
def get_policies(version: Version = 0, draft: DraftId = "") -> PoliciesView:
    """Caps, gaps, quiet hours, blackouts, permission defaults, holdouts."""
    book = chosen(version, draft)
    return PoliciesView(version=book.version, policies=book.decisions.model_dump(mode="json"))


@router.get("/segments", roles=READS, summary="Segment rules and where the customers are")
def get_segments(version: Version = 0, draft: DraftId = "") -> SegmentsView:
    """The rules, and by the latest cycle the customers and their expected value per division and segment."""
    book, outside = chosen(version, draft), wiring.wire()
    latest = outside.cycles.ended(1)
    report: Mapping[str, Any] = (outside.cycles.standing(latest[0]).report or {}) if latest else {}
    return SegmentsView(
        version=book.version, rules=book.population.model_dump(mode="json"), cycle_id=latest[0] if latest else "",
        segments=report.get("segments", {}), value_tiers=report.get("value_tiers", {}), value=report.get("value", {}),
    )  # fmt: skip


@router.get("/templates", roles=READS, summary="The compiled messages")
def list_templates(version: Version = 0) -> TemplatesView:
    """By trigger, channel and language."""
    book = chosen(version, "")
    return TemplatesView(version=book.version, templates=_messages(book))


@router.get("/templates/<trigger>/<channel>/<language>", roles=READS, summary="One compiled message")
def get_template(
    trigger: Entry,
    channel: Annotated[str, Path(pattern=r"^[a-z_]{2,20}$")],
    language: Annotated[str, Path(pattern=r"^[a-z]{2}$")],
    version: Version = 0,
) -> TemplateView:
    """Its parts with their placeholders, without the frame."""
    book = chosen(version, "")
    name = f"{trigger}/{channel}/{language}"
    if name not in book.messages.messages:
        raise UnknownName("template", name, book.messages.messages)
    message = book.messages.messages[name]
    return TemplateView(version=book.version, **message.model_dump(include=set(TemplateView.model_fields)))


@router.get("/divisions", roles=EVERYBODY, summary="The divisions")
def list_divisions() -> DivisionsView:
    """Name, label and currency of each."""
    divisions = wiring.wire().rulebooks.current().divisions
    return DivisionsView(
        divisions=[DivisionLine(name=d.name, label=d.label, currency=d.currency) for d in divisions.values()]
    )


def chosen(version: int, draft: str) -> Rulebook:
    """The rulebook asked for: a draft, a published version, else the one in force. Raises NotFound, RefusedRule."""
    outside = wiring.wire()
    if draft:
        return rulebook_of(outside.drafts.read(draft).files)
    return outside.rulebooks.version(version) if version else outside.rulebooks.current()


def _section(book: Rulebook, section: str) -> dict[str, Any]:
    if section not in SECTIONS:
        raise UnknownName("section", section, SECTIONS)
    value = sections_of(book)[section]
    return value if isinstance(value, dict) else {}


def _messages(book: Rulebook) -> list[MessageLine]:
    return [
        MessageLine(trigger=m.trigger, channel=m.channel, language=m.language, subject=m.subject)
        for _, m in sorted(book.messages.messages.items())
    ]


def _last() -> tuple[str, dict[str, dict[str, int]]]:
    """What the latest cycle decided: its id, and trigger -> outcome -> candidates."""
    outside = wiring.wire()
    latest = outside.log.cycles(1)
    if not latest:
        return "", {}
    return latest[0], outside.outcomes_of(latest[0])
