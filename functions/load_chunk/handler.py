"""load_chunk: SQS messages in, one per chunk of a file; customers' timelines and profiles out."""

from typing import Any

from courtesy.identity.load import decode_message, load_chunk
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import count, logger, observed
from functions.load_chunk.wiring import wire


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Load the chunks that the messages name; what failed is delivered again."""
    return process_batch(event, _load)


def _load(record: SQSRecord) -> None:
    outside = wire()
    message = decode_message(record.body)
    counts = load_chunk(
        message,
        outside.lake,
        outside.index,
        outside.store,
        outside.events,
        outside.rulebooks.current(),
        outside.hash_key,
        outside.clock(),
    )
    count("RowsApplied", counts.rows)
    count("CustomersMade", counts.customers)
    logger.info(
        "chunk applied",
        extra={
            "source": message.source,
            "file_id": message.file_id,
            "chunk": message.chunk,
            "chunks": message.chunks,
            "rows": counts.rows,
            "events": counts.written,
            "customers": counts.customers,
        },
    )
