"""MiniStack as a program, with two things that it does not do as AWS does, and a count of requests. See docs/decisions/0003-one-machine-on-ministack.md.

Runs on the interpreter of `.ministack` by its path and imports nothing of Courtesy.

SES events: MiniStack stores a configuration set's event destinations but publishes only the older identity notifications, which
carry no tags; senders settle doubtful sends by the tags, so the events are made here in the shape that SES documents: Send,
Delivery, Bounce and Complaint, the last two for the mailbox simulator's addresses.

SQS batches: on AWS `SendMessageBatch` is allowed by `sqs:SendMessage` and so on; there are no actions of the batches' own.
"""

import json
import time
from datetime import UTC, datetime
from email.utils import parseaddr
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

app: Any = import_module("ministack.app")
ses: Any = import_module("ministack.services.ses")
ses_v2: Any = import_module("ministack.services.ses_v2")

iam_actions: Any = import_module("ministack.core.iam_actions")

SEND_PATH = "/outbound-emails"
_answer = ses_v2.handle_request
_action = iam_actions.extract_iam_action
_ses_resource = iam_actions._ses_v2_resource_arn


def extract_iam_action(service: str, *request: Any) -> str | None:
    """The IAM action that a request needs."""
    action: str | None = _action(service, *request)
    return action.removesuffix("Batch") if service == "sqs" and action else action


def ses_resource(method: str, path: str, body: bytes, region: str, account: str) -> str:
    """The identity that a mail is sent from, where MiniStack asks for rights on `*`; its domain where only that is verified."""
    if method != "POST" or not path.rstrip("/").endswith(SEND_PATH):
        resource: str = _ses_resource(method, path, body, region, account)
        return resource
    address = parseaddr(json.loads(body).get("FromEmailAddress", ""))[1]
    identity = address if address in ses_v2._identities else address.rpartition("@")[2]
    return f"arn:aws:ses:{region}:{account}:identity/{identity}"


async def handle_request(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
    """MiniStack's answer, and the events of what it took."""
    answer = await _answer(method, path, headers, body, query_params)
    if method == "POST" and path.rstrip("/").endswith(SEND_PATH) and answer[0] == 200:
        try:
            _took(json.loads(body), json.loads(answer[2])["MessageId"])
        except Exception:
            ses.logger.exception("events of an e-mail could not be published")
    return answer


def _took(request: dict[str, Any], message_id: str) -> None:
    """Keep tags and headers with the sent message, and publish its events."""
    tags = {tag["Name"]: [tag["Value"]] for tag in request.get("EmailTags") or []}
    headers = request.get("Content", {}).get("Simple", {}).get("Headers") or []
    for sent in reversed(ses._sent_emails_list()):
        if sent["MessageId"] == message_id:
            sent.update({"Tags": {name: values[0] for name, values in tags.items()}, "Headers": headers})
            break
    name = request.get("ConfigurationSetName") or ""
    for destination in (ses_v2._config_sets.get(name) or {}).get("EventDestinations", {}).values():
        topic = (destination.get("SnsDestination") or {}).get("TopicArn")
        if topic and destination["Enabled"]:
            wanted = set(destination["MatchingEventTypes"])
            for event in _events(request, message_id, {**tags, "ses:configuration-set": [name]}):
                if event["eventType"].upper() in wanted:
                    ses._publish_notification(topic, event)


def _events(request: dict[str, Any], message_id: str, tags: dict[str, list[str]]) -> list[dict[str, Any]]:
    destination = request.get("Destination", {})
    recipients = [
        parseaddr(to)[1] for kind in ("To", "Cc", "Bcc") for to in destination.get(f"{kind}Addresses") or []
    ]
    mail = {
        "timestamp": _now(),
        "source": parseaddr(request.get("FromEmailAddress", ""))[1],
        "sendingAccountId": ses.get_account_id(),
        "messageId": message_id,
        "destination": recipients,
        "headersTruncated": False,
        "headers": [],
        "tags": tags,
    }
    events = [{"eventType": "Send", "mail": mail, "send": {}}]
    for recipient in recipients:
        local, _, domain = recipient.lower().partition("@")
        outcomes = (("Delivery", None),)
        if domain == ses._SIMULATOR_DOMAIN:
            outcomes = ses._SIMULATOR_OUTCOMES.get(local.split("+")[0], outcomes)
        for kind, subtype in outcomes:
            events.append(
                {
                    "eventType": kind,
                    "mail": mail,
                    **ses._notification_detail(kind, recipient, _now(), subtype),
                }
            )
    return events


def _now() -> str:
    return f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


ses_v2.handle_request = handle_request
iam_actions.extract_iam_action = extract_iam_action
iam_actions._ses_v2_resource_arn = ses_resource

if __name__ == "__main__":
    meter = spec_from_file_location("server_meter", Path(__file__).with_name("server_meter.py"))
    assert meter is not None and meter.loader is not None  # noqa: S101, PT018 - the file is beside this one
    counting = module_from_spec(meter)
    meter.loader.exec_module(counting)
    counting.install(
        app, import_module("ministack.services.dynamodb"), import_module("ministack.services.lambda_svc")
    )
    app.main()
