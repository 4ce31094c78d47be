"""Text messages: the configuration set that each is sent with, its events, and what customers text back.

Made only where the installation has an origination identity (`-c textSender=ARN`); without one nothing is sent by text. The
number itself is registered by hand with AWS and the carriers; point its two-way messages to the topic in the outputs.
"""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_smsvoice as smsvoice
from constructs import Construct

from infra.parts.events import events_topic
from infra.parts.notices import Notices
from infra.parts.queue import WorkQueue


class Texts(Construct):
    """The configuration set of text messages and the way of its events and replies to the feedback queue."""

    def __init__(self, scope: Construct, notices: Notices, feedback: WorkQueue) -> None:
        super().__init__(scope, "texts")
        config, stack = notices.config, Stack.of(self)
        self.origination = config.text_sender or ""
        self.configuration_set = f"{config.prefix}-texts"
        named = stack.format_arn(
            service="sms-voice", resource="configuration-set", resource_name=self.configuration_set
        )
        self.send = iam.PolicyStatement(
            actions=["sms-voice:SendTextMessage"], resources=[self.origination or named, named]
        )
        if not self.origination:
            return
        notices.key.grant(
            iam.ServicePrincipal("sms-voice.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey"
        )
        topic, policy = events_topic(self, "text-events", "sms-voice.amazonaws.com", notices, feedback)
        CfnOutput(self, "topic", key="TextEventsTopic", value=topic.topic_arn)
        configuration_set = smsvoice.CfnConfigurationSet(
            self,
            "set",
            configuration_set_name=self.configuration_set,
            event_destinations=[
                smsvoice.CfnConfigurationSet.EventDestinationProperty(
                    event_destination_name="feedback",
                    enabled=True,
                    matching_event_types=["TEXT_ALL"],
                    sns_destination=smsvoice.CfnConfigurationSet.SnsDestinationProperty(
                        topic_arn=topic.topic_arn
                    ),
                )
            ],
        )
        configuration_set.node.add_dependency(policy)
