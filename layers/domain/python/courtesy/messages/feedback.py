"""What SES reports on a contact: its ten event types, in any of three envelopes, as `Feedback` events.

The contact is found by the tags that the mail carried. A report without them (sent by somebody else, or by identity-level
notifications) is a counted reason, never an endless retry.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from courtesy.errors import RefusedInput
from courtesy.identity.hashing import keyed_hash
from courtesy.timeline.events import Feedback, FeedbackType

SES_TYPES: dict[str, tuple[FeedbackType, str]] = {
    "Send": ("send", "send"),
    "Delivery": ("delivery", "delivery"),
    "Bounce": ("bounce", "bounce"),
    "Complaint": ("complaint", "complaint"),
    "Reject": ("reject", "reject"),
    "Open": ("open", "open"),
    "Click": ("click", "click"),
    "Rendering Failure": ("rendering_failure", "failure"),
    "DeliveryDelay": ("delivery_delay", "deliveryDelay"),
    "Subscription": ("subscription", "subscription"),
}
"""SES's event type -> our type, and the member of the event that tells its particulars."""


@dataclass(frozen=True)
class Report:
    """One report to be written on a customer's timeline; `withdraws`: it also ends the permission for marketing e-mail."""

    customer_id: str
    feedback: Feedback
    withdraws: bool = False


@dataclass(frozen=True)
class Unmatched:
    """A report that belongs to no contact of ours, and why."""

    reason: Literal["no_contact_tags", "not_spam", "unknown_mailing", "unknown_piece", "test_message"]


def unwrap(event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The inner documents of a record: SNS inside SQS, SQS with raw delivery, or SNS itself.

    event: one record of a Lambda event. Raises RefusedInput where there is no JSON object inside.
    """
    if "Sns" in event:
        yield _document(event["Sns"]["Message"])
        return
    body = _document(event["body"])
    if body.get("Type") == "Notification" and "Message" in body and "TopicArn" in body:
        yield _document(body["Message"])
    else:
        yield body


def read_ses_event(document: Mapping[str, Any], hash_key: bytes) -> list[Report] | Unmatched:
    """The reports of one SES event: one per recipient it names (ours have one). Raises RefusedInput where it is none.

    Never closes an address for what may pass: only a permanent bounce and a real complaint do. `not-spam` is no complaint.
    """
    kind = str(document.get("eventType") or document.get("notificationType") or "")
    if kind not in SES_TYPES:
        if "mail" not in document:
            return Unmatched("test_message")
        raise RefusedInput(f"SES event type {kind[:40]!r} is not one of {', '.join(SES_TYPES)}")
    type_, member = SES_TYPES[kind]
    mail = document.get("mail") or {}
    tags = mail.get("tags") or {}
    contact, customer = _tag(tags, "contact"), _tag(tags, "customer")
    if not contact or not customer:
        return Unmatched("no_contact_tags")
    told = document.get(member) or {}
    if type_ == "complaint" and told.get("complaintFeedbackType") == "not-spam":
        return Unmatched("not_spam")
    when = _instant(told.get("timestamp") or mail.get("timestamp"))
    permanent = type_ == "bounce" and told.get("bounceType") == "Permanent"
    message_id = str(mail.get("messageId", ""))
    recipients = _recipients(type_, told) or [str(a) for a in mail.get("destination", [])][:1] or [""]
    reports = []
    for recipient in recipients:
        feedback = Feedback(
            source="ses",
            id=f"{message_id}/{type_}/{told.get('feedbackId') or when.isoformat()}",
            when=when,
            contact=contact,
            channel="email",
            type=type_,
            permanent=permanent,
            machine=type_ in ("open", "click") and by_machine(told, mail, when),
            address=keyed_hash(hash_key, "email", recipient.strip().lower()) if recipient else "",
            detail=_detail(type_, told),
        )
        reports.append(Report(customer, feedback, withdraws=type_ == "complaint"))
    return reports


_PROXIES = (
    "googleimageproxy",
    "yahoomailproxy",
    "barracuda",
    "proofpoint",
    "mimecast",
    "bot",
    "scanner",
    "preview",
    "curl/",
    "python-requests",
)
_APPLE_PROXY = "mozilla/5.0"
QUICK = 10.0
"""An open or click within so many seconds of the sending is a program's."""


def by_machine(told: Mapping[str, Any], mail: Mapping[str, Any], when: datetime) -> bool:
    """Whether an open or click was most likely made by a program: a privacy proxy, a scanner, or too soon after sending.

    Apple's privacy proxy gives `Mozilla/5.0` and nothing more as its user agent.
    """
    agent = str(told.get("userAgent") or "").strip().lower()
    if not agent or agent == _APPLE_PROXY or any(word in agent for word in _PROXIES):
        return True
    sent = mail.get("timestamp")
    return sent is not None and (when - _instant(sent)).total_seconds() < QUICK


def _detail(type_: str, told: Mapping[str, Any]) -> str:
    """The report's classes in SES's own words; never a diagnostic text, which may quote the address."""
    parts = {
        "bounce": ("bounceType", "bounceSubType"),
        "complaint": ("complaintFeedbackType", "complaintSubType"),
        "delivery_delay": ("delayType",),
        "reject": ("reason",),
        "rendering_failure": ("templateName",),
    }.get(type_, ())
    return "/".join(str(told[part])[:60] for part in parts if told.get(part))


def _recipients(type_: str, told: Mapping[str, Any]) -> list[str]:
    member = {
        "bounce": "bouncedRecipients",
        "complaint": "complainedRecipients",
        "delivery_delay": "delayedRecipients",
    }.get(type_)
    return [str(one.get("emailAddress", "")) for one in told.get(member, [])] if member else []


def _tag(tags: Mapping[str, Any], name: str) -> str:
    values = tags.get(name) or [""]
    return str(values[0])


def _instant(text: object) -> datetime:
    try:
        told = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise RefusedInput("an SES event without a readable timestamp") from None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)


def _document(text: object) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(str(text))
    except msgspec.DecodeError:
        raise RefusedInput("a feedback message that is not JSON") from None
    if not isinstance(document, dict):
        raise RefusedInput("a feedback message that is not a JSON object")
    return document
