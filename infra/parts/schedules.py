"""What happens by the clock: each minute contacts are released and erasures gone on with, each night a cycle starts, the vendor is watched."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.parts.notices import Notices

NIGHTLY = "cron(30 1 * * ? *)"
AFTER_THE_CYCLE = "cron(30 5 * * ? *)"
AFTER_THE_ERASURES = "cron(30 6 * * ? *)"
EVERY_MINUTE = "rate(1 minute)"
EVERY_HOUR = "rate(1 hour)"


class Schedules(Construct):
    """The schedules with one role that may do just those things."""

    def __init__(
        self,
        scope: Construct,
        notices: Notices,
        *,
        release_arn: str,
        watch_arn: str,
        erase_arn: str,
        trim_arn: str,
        cycle_arn: str,
    ) -> None:
        super().__init__(scope, "schedules")
        config = notices.config
        self.missed = sqs.Queue(
            self,
            "missed",
            queue_name=f"{config.prefix}-schedules-dead",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=config.tls_only,
        )
        notices.alarm(
            "schedules-dead",
            self.missed.metric_approximate_number_of_messages_visible(),
            "A schedule could not start what it should; the message in the dead-letter queue says what and why.",
        )
        role = iam.Role(self, "role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        policy = iam.Policy(
            self,
            "policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["lambda:InvokeFunction"], resources=[release_arn, watch_arn, erase_arn, trim_arn]
                ),
                iam.PolicyStatement(actions=["states:StartExecution"], resources=[cycle_arn]),
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.missed.queue_arn]),
            ],
        )
        for name, when, arn, told in (
            ("release", EVERY_MINUTE, release_arn, "{}"),
            ("watch-vendor", EVERY_HOUR, watch_arn, "{}"),
            ("erase", EVERY_MINUTE, erase_arn, "{}"),
            ("erase-again", AFTER_THE_CYCLE, erase_arn, '{"round": true}'),
            ("trim", AFTER_THE_ERASURES, trim_arn, "{}"),
            ("cycle", NIGHTLY, cycle_arn, "{}"),
        ):
            schedule = scheduler.CfnSchedule(
                self,
                name,
                name=f"{config.prefix}-{name}",
                schedule_expression=when,
                schedule_expression_timezone="UTC",
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=arn,
                    role_arn=role.role_arn,
                    input=told,
                    dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                        arn=self.missed.queue_arn
                    ),
                    retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=3600 if when.startswith("cron(") else 60,
                        maximum_retry_attempts=5,
                    ),
                ),
            )
            schedule.node.add_dependency(policy)
