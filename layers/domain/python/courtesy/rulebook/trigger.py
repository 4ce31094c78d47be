"""A trigger: a standing rule that proposes a contact: who, when, what, how, how important."""

from typing import Literal

from courtesy.rulebook.section import Section


class Trigger(Section):
    """A standing rule that proposes contacts.

    id:          its name, also the name of its message
    division:    whose attributes its criteria read and whose permission it needs; `corporate` reads across all
    kind:        cycle (criteria each cycle), event (an event of kind `on`), date (`date_attribute` + `offset_days`)
    criteria:    SQL boolean expression over the attribute catalogue
    channels:    in order of preference; the first that the law allows is taken
    occurrence:  `once`, or a period (`day`, `week`, `month`, `quarter`, `year`): one contact per customer and period; event
                 triggers have one per event
    useful_for_days: after that a held candidate is not tried again
    """

    id: str
    division: str
    category: str
    purpose: str = "marketing"
    kind: Literal["cycle", "event", "date"] = "cycle"
    on: str = ""
    criteria: str = "true"
    channels: list[Literal["email", "letter", "postcard", "sms", "next_contact"]]
    priority: int = 100
    value: int = 0
    response_probability: float = 0.01
    occurrence: Literal["once", "day", "week", "month", "quarter", "year"] = "month"
    useful_for_days: int = 14
    delay_hours: int = 0
    date_attribute: str = ""
    offset_days: int = 0
    control_share: float = 0.0
    include_below_zero: bool = False
    offer: str = ""
    daily_budget: int | None = None
    active: bool = True
