"""make_mailing: makes letters and postcards, groups them into mailings and announces those to the print vendor."""

from typing import Any

import msgspec

from courtesy.decisions.release import Message
from courtesy.messages.post import make_mailings
from courtesy_aws.observability import count, logger, observed
from functions.make_mailing.wiring import wire


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Make the mailings of a batch; the answer lists the messages to be delivered again.

    The batch is one run: what it claims stands or falls with the mailing's register, see `messages.post`.
    """
    records = event["Records"]
    failed: list[str] = []
    messages: list[Message] = []
    known: list[str] = []
    for record in records:
        try:
            messages.append(msgspec.json.decode(record["body"], type=Message))
            known.append(record["messageId"])
        except msgspec.DecodeError as error:
            logger.warning(
                "not a message of release_due", extra={"sqs_message": record["messageId"], "text": str(error)}
            )
            failed.append(record["messageId"])
    posted = make_mailings(messages, context.aws_request_id, wire().posting())
    for outcome, number in sorted(posted.outcomes.items()):
        count("Pieces" + "".join(word.title() for word in outcome.split("_")), number)
    logger.info(
        "mailings",
        extra={"mailings": posted.mailings, "contacts": posted.outcomes, "again": len(posted.again)},
    )
    failed += [known[number] for number in posted.again]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}
