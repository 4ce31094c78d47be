"""A work queue: encrypted, TLS only, with a dead-letter queue, redrive and an alarm on what lands there."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.parts.notices import Notices

TRIES = 5


class WorkQueue(Construct):
    """A queue that one function (or an outside party) consumes.

    consumer_timeout: seconds that the consumer may take; a message stays hidden for a multiple of it, as Lambda asks for.
    """

    def __init__(self, scope: Construct, name: str, *, consumer_timeout: int, notices: Notices) -> None:
        super().__init__(scope, f"queue-{name}")
        self.name = name
        config = notices.config
        self.dead = sqs.Queue(
            self,
            "dead",
            queue_name=f"{config.prefix}-{name}-dead",
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=config.tls_only,
        )
        self.queue = sqs.Queue(
            self,
            "queue",
            queue_name=f"{config.prefix}-{name}",
            visibility_timeout=Duration.seconds(config.visibility(consumer_timeout)),
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=config.tls_only,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=TRIES),
        )
        notices.alarm(
            f"{name}-dead",
            self.dead.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            f"Messages of the {name} queue failed {TRIES} times. Read the consumer's log, mend the cause, "
            "then redrive the dead-letter queue; every message may safely be handled again.",
        )
        notices.alarm(
            f"{name}-late",
            self.queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(5)),
            f"The {name} queue has been holding a message for over an hour.",
            above=3600,
            periods=3,
        )
