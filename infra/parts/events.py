"""The topic on which a sending service tells what became of messages, and its way to the feedback queue."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct, IConstruct

from infra.parts.notices import Notices
from infra.parts.queue import WorkQueue


def events_topic(
    scope: Construct, name: str, service: str, notices: Notices, feedback: WorkQueue
) -> tuple[sns.Topic, IConstruct]:
    """The topic, and its policy: what publishes on it is to be made after that.

    name: what the topic's name ends with; service: the principal that publishes, for this account only
    """
    topic = sns.Topic(
        scope,
        "events",
        topic_name=f"{notices.config.prefix}-{name}",
        master_key=notices.key,
        enforce_ssl=notices.config.tls_only,
    )
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service)],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"AWS:SourceAccount": Stack.of(scope).account}},
        )
    )
    topic.add_subscription(
        subscriptions.SqsSubscription(
            feedback.queue, raw_message_delivery=True, dead_letter_queue=feedback.dead
        )
    )
    return topic, topic.node.find_child("Policy")
