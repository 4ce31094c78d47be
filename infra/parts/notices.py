"""The topic that alarms and schedule failures speak to, encrypted with a key that its publishers may use."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.config import Config


class Notices(Construct):
    """Alarms and the topic that they are published on."""

    def __init__(self, scope: Construct, config: Config) -> None:
        super().__init__(scope, "notices")
        self.config = config
        self.key = kms.Key(
            self,
            "key",
            description=f"{config.prefix}: topics for alarms and for e-mail feedback",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        for service in ("cloudwatch.amazonaws.com", "ses.amazonaws.com"):
            self.key.grant(iam.ServicePrincipal(service), "kms:Decrypt", "kms:GenerateDataKey")
        self.topic = sns.Topic(
            self,
            "alarms",
            topic_name=f"{config.prefix}-alarms",
            master_key=self.key,
            enforce_ssl=self.config.tls_only,
        )
        if config.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))
        self.alarms: list[cloudwatch.Alarm] = []

    def alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        above: float = 0,
        periods: int = 1,
        below: float | None = None,
    ) -> cloudwatch.Alarm:
        """Tell people when `metric` is above a value (or below one, where given) for a number of periods.

        `description` says what happened and what to do; it is what the person who is called reads.
        """
        rising = below is None
        operator = cloudwatch.ComparisonOperator
        missing = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self.config.prefix}-{name}",
            alarm_description=description,
            metric=metric,
            threshold=above if below is None else below,
            comparison_operator=operator.GREATER_THAN_THRESHOLD if rising else operator.LESS_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=missing.NOT_BREACHING if rising else missing.BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        self.alarms.append(alarm)
        return alarm
