"""A file that lands in the drops bucket becomes a message: EventBridge rule to queue, so neither stack needs the other's policy."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.data_stack import DataStack
from infra.parts.notices import Notices
from infra.parts.queue import WorkQueue


class Drops(Construct):
    """The rule. The message is S3's "Object Created" event: `detail.bucket.name`, `detail.object.key` (plain, not URL-encoded)."""

    def __init__(self, scope: Construct, data: DataStack, notices: Notices, queue: WorkQueue) -> None:
        super().__init__(scope, "drops")
        events.Rule(
            self,
            "created",
            rule_name=f"{notices.config.prefix}-drops",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [data.drops.bucket_name]}},
            ),
            targets=[targets.SqsQueue(queue.queue, dead_letter_queue=queue.dead)],
        )
