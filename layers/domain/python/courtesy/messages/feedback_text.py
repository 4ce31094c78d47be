"""What AWS End User Messaging reports on text messages, and what customers text back.

Reports carry the ids that the message went out with (`context`). A reply carries a number only; whoever says one of the
words that end a subscription has ended it, whichever of our messages it answers.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from courtesy.errors import RefusedInput
from courtesy.identity.hashing import keyed_hash
from courtesy.messages.feedback import Report, Unmatched
from courtesy.timeline.events import Feedback, FeedbackType

TEXT_TYPES: dict[str, tuple[FeedbackType, bool]] = {
    "TEXT_QUEUED": ("send", False),
    "TEXT_PENDING": ("send", False),
    "TEXT_SENT": ("send", False),
    "TEXT_SUCCESSFUL": ("delivery", False),
    "TEXT_DELIVERED": ("delivery", False),
    "TEXT_INVALID": ("bounce", True),
    "TEXT_INVALID_MESSAGE": ("reject", False),
    "TEXT_UNREACHABLE": ("bounce", False),
    "TEXT_CARRIER_UNREACHABLE": ("bounce", False),
    "TEXT_BLOCKED": ("bounce", False),
    "TEXT_CARRIER_BLOCKED": ("bounce", False),
    "TEXT_SPAM": ("bounce", False),
    "TEXT_TTL_EXPIRED": ("bounce", False),
    "TEXT_PROTECT_BLOCKED": ("reject", False),
    "TEXT_UNKNOWN": ("delivery_delay", False),
}
"""Event type -> our type, and whether it closes the number: only a number that is none does."""

STOP = frozenset(
    [
        "stop",
        "stopall",
        "stopp",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "optout",
        "abmelden",
        "beenden",
        "arret",
        "baja",
    ]
)
"""The words that end a subscription, in the languages we write in and those that carriers demand."""


class TextReply(NamedTuple):
    """What somebody texted back, without what they wrote: `stops` says whether it ends the subscription."""

    number: str
    when: datetime
    id: str
    stops: bool


def is_text_event(document: Mapping[str, Any]) -> bool:
    """Whether a document is a report on a text message or a reply to one."""
    return str(document.get("eventType", "")).startswith("TEXT_") or "inboundMessageId" in document


def read_text_event(document: Mapping[str, Any], hash_key: bytes) -> Report | Unmatched:
    """The report of one event. Raises RefusedInput where it is none."""
    kind = str(document.get("eventType", ""))
    if kind not in TEXT_TYPES:
        raise RefusedInput(f"text message event type {kind[:40]!r} is not one of {', '.join(TEXT_TYPES)}")
    ids = document.get("context") or {}
    contact, customer = str(ids.get("contact", "")), str(ids.get("customer", ""))
    if not contact or not customer:
        return Unmatched("no_contact_tags")
    type_, permanent = TEXT_TYPES[kind]
    number = str(document.get("destinationPhoneNumber", ""))
    feedback = Feedback(
        source="sms",
        id=f"{document.get('messageId', '')}/{kind.lower()}",
        when=_instant(document.get("eventTimestamp")),
        contact=contact,
        channel="sms",
        type=type_,
        permanent=permanent,
        address=keyed_hash(hash_key, "phone", number) if number else "",
        detail=str(document.get("messageStatus", ""))[:60],
    )
    return Report(customer, feedback)


def read_text_reply(document: Mapping[str, Any], now: datetime) -> TextReply:
    """Who texted back. The first word counts, whatever its case and punctuation. Raises RefusedInput."""
    number = str(document.get("originationNumber", ""))
    if not number.startswith("+"):
        raise RefusedInput("a reply by text without a number in E.164")
    words = str(document.get("messageBody", "")).lower().replace("-", "").split()
    first = "".join(c for c in words[0] if c.isalpha()) if words else ""
    return TextReply(number, now, str(document.get("inboundMessageId", "")), first in STOP)


def _instant(milliseconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(float(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise RefusedInput("a text message event without a readable timestamp") from None
