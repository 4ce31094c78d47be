"""The mailboxes of the local stack: answer every mail that SES took with the events that SES would publish.

The local AWS stand-in takes `SendEmail` of SES v2 but publishes no events for it, so this does, in SES's own form and with
the tags that the mail carried (read from its links). Addresses of the mailbox simulator answer as they do on AWS.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from courtesy.errors import RefusedInput
from courtesy.messages.unsubscribe import peek_token
from courtesy_local.stack.local_stack import LocalStack

_TOKEN = re.compile(r"/u/([A-Za-z0-9_-]{40,})")
_SIMULATOR = "simulator.amazonses.com"


@dataclass
class Mailboxes:
    """Answers each mail once; `answered` holds the message ids that were."""

    stack: LocalStack
    answered: set[str] = field(default_factory=set)

    def answer(self) -> dict[str, int]:
        """Answer what was sent since the last call; the events published, by type."""
        sqs, queue = self.stack.client("sqs"), self.stack.outputs().queues["feedback"]
        counted: dict[str, int] = {}
        for message in self.stack.sent_mail():
            if message["MessageId"] in self.answered:
                continue
            for event in events_of(message):
                sqs.send_message(QueueUrl=queue, MessageBody=in_notification(event))
                counted[event["eventType"]] = counted.get(event["eventType"], 0) + 1
            self.answered.add(message["MessageId"])
        return counted


def events_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The SES events of one mail as the local stack shows it; none for a mail that is not one of ours."""
    tags = _tags((message.get("BodyHtml") or "", message.get("BodyText") or ""))
    if not tags:
        return []
    to = message["To"][0]
    sent = datetime.fromtimestamp(float(message["Timestamp"]), UTC)
    mail = {
        "timestamp": _stamp(sent),
        "messageId": message["MessageId"],
        "source": message["Source"],
        "destination": [to],
        "tags": tags,
    }
    local, _, domain = to.lower().rpartition("@")
    role = local.split("+")[0] if domain == _SIMULATOR else "success"
    later = _stamp(sent + timedelta(seconds=2))
    feedback_id = f"{message['MessageId']}-feedback"
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": "General" if role == "bounce" else "OnAccountSuppressionList",
        "bouncedRecipients": [{"emailAddress": to, "action": "failed", "status": "5.1.1"}],
        "timestamp": later,
        "feedbackId": feedback_id,
    }
    complaint = {
        "complainedRecipients": [{"emailAddress": to}],
        "timestamp": _stamp(sent + timedelta(seconds=4)),
        "feedbackId": feedback_id,
        "complaintFeedbackType": "abuse",
    }
    delivery = {"timestamp": later, "recipients": [to], "processingTimeMillis": 2000}
    events: list[dict[str, Any]] = [{"eventType": "Send", "mail": mail, "send": {}}]
    if role in ("bounce", "suppressionlist"):
        events.append({"eventType": "Bounce", "mail": mail, "bounce": bounce})
        return events
    events.append({"eventType": "Delivery", "mail": mail, "delivery": delivery})
    if role == "complaint":
        events.append({"eventType": "Complaint", "mail": mail, "complaint": complaint})
    return events


def in_notification(event: Mapping[str, Any]) -> str:
    """An event as SNS hands it to SQS without raw delivery."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": f"{event['mail']['messageId']}-{event['eventType']}",
            "TopicArn": "arn:aws:sns:local:000000000000:ses-events",
            "Message": json.dumps(event),
            "Timestamp": event["mail"]["timestamp"],
        }
    )


def _tags(bodies: Iterable[str]) -> dict[str, list[str]]:
    for body in bodies:
        for token in _TOKEN.findall(body):
            try:
                said = peek_token(token)
            except RefusedInput:
                continue
            return {"contact": [said.contact], "customer": [said.customer_id]}
    return {}


def _stamp(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
