"""record_feedback: writes what SES and the print vendor report of contacts on the customers' timelines."""

from typing import Any

from courtesy.messages.record import record_feedback
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import count, logger, observed
from functions.record_feedback.wiring import wire


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda gives it
    """Record a batch of reports; the answer lists the messages to be delivered again.

    The records come from a queue, or straight from SNS, which delivers again as a whole when one of them fails.
    """
    records = event["Records"]
    if records and "Sns" in records[0]:
        for record in records:
            _record(record)
        return {"batchItemFailures": []}
    return process_batch(event, _record_message)


def _record_message(record: SQSRecord) -> None:
    _record(record.raw_event)


def _record(record: dict[str, Any]) -> None:
    counted = record_feedback(record, wire())
    for name, number in sorted(counted.items()):
        count("Feedback" + "".join(word.title() for word in name.split("_")), number)
    logger.info("feedback", extra={"reports": counted})
