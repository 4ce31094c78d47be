"""SES: the configuration set that every e-mail is sent with, and its events on SNS and from there on a queue."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

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

    def __init__(self, scope: Construct, notices: Notices, feedback: WorkQueue) -> None:
        super().__init__(scope, "mail")
        config, stack = notices.config, Stack.of(self)
        self.configuration_set = f"{config.prefix}-mail"
        topic = sns.Topic(
            self,
            "events",
            topic_name=f"{config.prefix}-mail-events",
            master_key=notices.key,
            enforce_ssl=config.tls_only,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("ses.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"AWS:SourceAccount": stack.account}},
            )
        )
        topic.add_subscription(
            subscriptions.SqsSubscription(
                feedback.queue, raw_message_delivery=True, dead_letter_queue=feedback.dead
            )
        )
        configuration_set = ses.CfnConfigurationSet(
            self,
            "set",
            name=self.configuration_set,
            delivery_options=ses.CfnConfigurationSet.DeliveryOptionsProperty(tls_policy="REQUIRE"),
            reputation_options=ses.CfnConfigurationSet.ReputationOptionsProperty(
                reputation_metrics_enabled=True
            ),
            sending_options=ses.CfnConfigurationSet.SendingOptionsProperty(sending_enabled=True),
            suppression_options=ses.CfnConfigurationSet.SuppressionOptionsProperty(
                suppressed_reasons=["BOUNCE", "COMPLAINT"]
            ),
        )
        destination = ses.CfnConfigurationSetEventDestination(
            self,
            "destination",
            configuration_set_name=configuration_set.ref,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                name="feedback",
                enabled=True,
                matching_event_types=list(EVENTS),
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(
                    topic_arn=topic.topic_arn
                ),
            ),
        )
        policy = topic.node.find_child("Policy")
        destination.node.add_dependency(policy)
        self.send = iam.PolicyStatement(
            actions=["ses:SendEmail", "ses:SendRawEmail"],
            resources=[
                stack.format_arn(service="ses", resource="identity", resource_name=name)
                for name in (config.sender, config.sender_domain)
            ]
            + [
                stack.format_arn(
                    service="ses", resource="configuration-set", resource_name=self.configuration_set
                )
            ],
        )
