"""A trigger: a standing rule that proposes a contact: who, when, what, how, how important."""

from typing import Literal

from pydantic import Field, model_validator

from courtesy.rulebook.section import Section

Channel = Literal["email", "letter", "postcard", "sms", "next_contact"]


class Trigger(Section):
    """A standing rule that proposes contacts.

    id:          its name, also the name of its message
    label:       what a marketer calls it
    division:    whose attributes its criteria read and whose permission it needs; `corporate` reads across all
    kind:        cycle (criteria each cycle), event (one of kind `listens_to`), date (`date_attribute` + `offset_days`),
                 follow_up (`after_days` days after a contact of trigger `follows`, unless one of `unless`)
    listens_to:  kind of event, with its type or status after a dot: `transaction.purchase`, `case.closed`, `asset.lease`,
                 `permission.granted`
    criteria:    SQL boolean expression over the attribute catalogue; for events and follow-ups it narrows
    channels:    in order of preference; the first that the law allows is taken
    priority:    priority class, 1 goes first; names of the classes are in `decisions.priority_classes`
    value:       what a response is worth, minor units; with `response_probability` and the channel's cost it orders
                 candidates of one priority class
    occurrence:  `once`, or a period (`day`, `week`, `month`, `quarter`, `year`): one contact per customer and period; event
                 triggers have one per event, date triggers one per date, follow-ups one per contact they follow
    useful_for_days: after that a held candidate is not tried again, and a reserved one expires
    delay_hours: how long after the event a contact may go out at the earliest
    weight:      how much a contact weighs in caps that count weight
    control_share: share of this trigger's own control group, 0..1
    include_below_zero: may send paid mail to customers of the value tier `below_zero`
    unknown_holds: attributes of which an unknown value holds the candidate instead of skipping it
    offer:       the offer that its message makes, one of the rulebook's
    daily_budget: contacts per day (UTC) at most, exactly, whatever cycles, events and people ask for them
    """

    id: str
    label: str = ""
    division: str
    category: str
    purpose: str = "marketing"
    kind: Literal["cycle", "event", "date", "follow_up"] = "cycle"
    listens_to: str = ""
    criteria: str = "true"
    channels: list[Channel]
    priority: int = 100
    value: int = 0
    response_probability: float = Field(default=0.01, ge=0, le=1)
    occurrence: Literal["once", "day", "week", "month", "quarter", "year"] = "month"
    useful_for_days: int = 14
    delay_hours: int = Field(default=0, ge=0)
    date_attribute: str = ""
    offset_days: int = 0
    follows: str = ""
    after_days: int = Field(default=14, ge=0)
    unless: list[Literal["responded", "purchased", "open_case"]] = Field(default_factory=list)
    weight: float = Field(default=1.0, ge=0)
    control_share: float = Field(default=0.0, ge=0, le=1)
    include_below_zero: bool = False
    unknown_holds: list[str] = Field(default_factory=list)
    offer: str = ""
    daily_budget: int | None = Field(default=None, ge=0)
    active: bool = True

    @model_validator(mode="after")
    def _complete(self) -> "Trigger":
        missing = {
            "event": "" if self.listens_to else "listens_to (the kind of event it listens to)",
            "date": "" if self.date_attribute else "date_attribute (the date it counts from)",
            "follow_up": "" if self.follows else "follows (the trigger whose contacts it follows)",
        }.get(self.kind, "")
        if missing:
            raise ValueError(f"trigger {self.id!r} of kind {self.kind!r} lacks {missing}")
        if not self.channels:
            raise ValueError(f"trigger {self.id!r} names no channel; give at least one in `channels`")
        return self
