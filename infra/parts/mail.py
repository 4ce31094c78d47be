"""SES: the configuration set that every e-mail is sent with, and its events on SNS and from there on a queue."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.parts.events import events_topic
from infra.parts.notices import Notices
from infra.parts.queue import WorkQueue

EVENTS = (
    "SEND",
    "REJECT",
    "BOUNCE",
    "COMPLAINT",
    "DELIVERY",
    "OPEN",
    "CLICK",
    "RENDERING_FAILURE",
    "DELIVERY_DELAY",
)


class Mail(Construct):
    """The configuration set and the way of its events to the feedback queue.

    SNS and not EventBridge: SES delivers to EventBridge at best effort only.
    """

    def __init__(self, scope: Construct, notices: Notices, feedback: WorkQueue, lake: s3.IBucket) -> None:
        super().__init__(scope, "mail")
        config, stack = notices.config, Stack.of(self)
        self.configuration_set = f"{config.prefix}-mail"
        topic, policy = events_topic(self, "mail-events", "ses.amazonaws.com", notices, feedback)
        self.division_sets = {name: f"{self.configuration_set}-{name}" for name in config.divisions}
        for id_, name in {"set": self.configuration_set, **self.division_sets}.items():
            self._set(id_, name, topic).node.add_dependency(policy)
        if config.inbound_domain:
            _receive(self, notices, config.inbound_domain, topic, lake)
        self.send = iam.PolicyStatement(
            actions=["ses:SendEmail", "ses:SendRawEmail"],
            resources=[
                stack.format_arn(service="ses", resource="identity", resource_name=name)
                for name in (config.sender, config.sender_domain)
            ]
            + [
                stack.format_arn(service="ses", resource="configuration-set", resource_name=name)
                for name in (self.configuration_set, *self.division_sets.values())
            ],
        )

    def _set(self, id_: str, name: str, topic: sns.ITopic) -> ses.CfnConfigurationSetEventDestination:
        """A configuration set whose events go to the topic; one of a division has a reputation of its own."""
        made = ses.CfnConfigurationSet(
            self,
            id_,
            name=name,
            delivery_options=ses.CfnConfigurationSet.DeliveryOptionsProperty(tls_policy="REQUIRE"),
            reputation_options=ses.CfnConfigurationSet.ReputationOptionsProperty(
                reputation_metrics_enabled=True
            ),
            sending_options=ses.CfnConfigurationSet.SendingOptionsProperty(sending_enabled=True),
            suppression_options=ses.CfnConfigurationSet.SuppressionOptionsProperty(
                suppressed_reasons=["BOUNCE", "COMPLAINT"]
            ),
        )
        return ses.CfnConfigurationSetEventDestination(
            self,
            "destination" if id_ == "set" else f"destination-{id_}",
            configuration_set_name=made.ref,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                name="feedback",
                enabled=True,
                matching_event_types=list(EVENTS),
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(
                    topic_arn=topic.topic_arn
                ),
            ),
        )


def _receive(scope: Construct, notices: Notices, domain: str, topic: sns.ITopic, lake: s3.IBucket) -> None:
    """Mail to the inbound domain: kept below `inbound/` in the lake, told to the feedback queue by address and headers.

    The rule set is made, not switched on: an account has one active rule set, and it may be in use.
    """
    rules = ses.CfnReceiptRuleSet(scope, "inbound", rule_set_name=f"{notices.config.prefix}-inbound")
    ses.CfnReceiptRule(
        scope,
        "inbound-rule",
        rule_set_name=rules.ref,
        rule=ses.CfnReceiptRule.RuleProperty(
            name="replies",
            enabled=True,
            recipients=[domain],
            scan_enabled=True,
            tls_policy="Optional",
            actions=[
                ses.CfnReceiptRule.ActionProperty(
                    s3_action=ses.CfnReceiptRule.S3ActionProperty(
                        bucket_name=lake.bucket_name, object_key_prefix="inbound/", topic_arn=topic.topic_arn
                    )
                )
            ],
        ),
    )
