"""SQS batches: every record is handled on its own, and only those that failed come back."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from courtesy.errors import CourtesyError
from courtesy_aws.observability import count, logger, place_of

__all__ = ["SQSRecord", "process_batch"]


def process_batch(event: dict[str, Any], handle_record: Callable[[SQSRecord], object]) -> dict[str, Any]:
    """Handle each record of an SQS event; the answer names the records to be delivered again (partial batch response).

    `handle_record` takes one `SQSRecord` (`record.body`, `record.json_body`, `record.message_id`); whatever it raises puts
    that record back on the queue, and after the queue's maximum of receives on its dead-letter queue.
    """

    def handle(record: SQSRecord) -> object:
        try:
            return handle_record(record)
        except CourtesyError as error:  # these never carry a person's data
            logger.warning(
                "record goes back",
                extra={"sqs_message": record.message_id, "error": type(error).__name__, "text": str(error)},
            )
            count("RecordsGoneBack")
            raise
        except Exception as error:
            logger.error(
                "record failed",
                extra={
                    "sqs_message": record.message_id,
                    "error": type(error).__name__,
                    "at": place_of(error),
                },
            )
            count("RecordsFailed")
            raise

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event=event, record_handler=handle, processor=processor))
