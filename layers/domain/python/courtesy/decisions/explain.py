"""Why and why not, in one sentence and in JSON; nothing in either is personal data."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from courtesy.decisions.decision import Control, Decision, Finding, Held, Reserved, Suppressed
from courtesy.outcomes import Reason

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Decision] = msgspec.json.Decoder(Decision)


def as_json(decision: Decision) -> bytes:
    """The whole decision as one JSON document."""
    return _encoder.encode(decision)


def from_json(document: bytes | str) -> Decision:
    """The decision of a document made by `as_json`."""
    return _decoder.decode(document)


_WHY: Mapping[Reason, str] = {
    Reason.PERMISSION_WITHDRAWN: "the customer withdrew the permission",
    Reason.PERMISSION_NEVER_GIVEN: "the customer was never asked and silence is a no",
    Reason.OBJECTION: "the customer objected to all marketing",
    Reason.ADDRESS_CLOSED: "the address was closed by a bounce, a complaint or returned mail",
    Reason.NO_ADDRESS: "there is no address for it",
    Reason.DECEASED: "the customer is recorded as deceased",
    Reason.GONE_AWAY: "the customer is recorded as gone away",
    Reason.UNDER_AGE: "the customer is under age",
    Reason.ERASED: "the customer's data were erased",
    Reason.RESTRICTED: "processing is restricted at the customer's wish",
    Reason.BELOW_ZERO_VALUE: "paid mail does not go to customers of value below zero",
    Reason.ALREADY_CONTACTED: "this occurrence has its contact already",
    Reason.EXPIRED: "it is no longer useful",
    Reason.OPEN_CASE: "a case is open",
    Reason.BLACKOUT: "the planned day is in a blackout",
    Reason.CAP: "the cap is full",
    Reason.GAP: "it is too close to another",
    Reason.SLOT_HELD_BACK: "what is left of the cap is held back for more important contacts",
    Reason.LOST_ARBITRATION: "a more important or more valuable contact took the place",
    Reason.BUDGET: "the trigger's budget is used up",
    Reason.OFFER_STOCK: "the offer is out of stock",
    Reason.OFFER_RESTING: "the customer declined the offer not long ago",
    Reason.OFFER_ENDED: "the offer has ended",
    Reason.DATA_IN_DOUBT: "the data are in doubt",
    Reason.QUIET_HOURS: "it is quiet hours for the customer",
    Reason.GLOBAL_CONTROL: "the customer is in the global control group",
    Reason.TRIGGER_CONTROL: "the customer is in the trigger's control group",
    Reason.WITHIN_LAW: "the law allows it",
}


def sentence(decision: Decision) -> str:
    """One sentence: what was decided, why, by which rule, with the figures that mattered."""
    head = f"{decision.trigger} ({decision.occurrence})"
    if isinstance(decision, Reserved):
        text = f"{head} was reserved by {decision.channel} for {_when(decision.planned)}"
        if decision.findings:
            first = decision.findings[0]
            text += f"; {first.channel or 'another channel'} was passed over because {_WHY[first.reason]}"
        if decision.counters:
            near = min(decision.counters, key=lambda c: c.limit - c.seen)
            text += f"; cap {near.rule} had {near.seen:g} of {near.limit:g}"
        return f"{text}; rulebook {decision.rulebook}."
    return f"{head} was {_OUTCOME[type(decision)]}{_because(decision)}; rulebook {decision.rulebook}."


_OUTCOME: Mapping[type, str] = {Held: "held", Suppressed: "suppressed", Control: "kept as control"}


def _because(decision: Held | Suppressed | Control) -> str:
    finding = next(
        (f for f in decision.findings if f.reason is decision.reason and f.rule == decision.rule),
        Finding(decision.reason, decision.rule),
    )
    text = f" because {_WHY[finding.reason]} (rule {finding.rule}"
    if finding.channel:
        text += f", {finding.channel}"
    if finding.seen is not None and finding.limit is not None:
        text += f", {finding.seen:g} of {finding.limit:g}"
    text += ")"
    if finding.other:
        text += f": {finding.other}"
    if finding.until is not None:
        text += f"; not before {_when(finding.until)}"
    return text


def _when(at: datetime) -> str:
    return f"{at.isoformat(' ', 'minutes')[:16]} UTC"
