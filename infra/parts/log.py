"""Log groups: of every function, the state machine and the API, kept alike."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


def log_group(scope: Construct, name: str) -> logs.LogGroup:
    """A log group that keeps three months and goes with its stack; names of vended logs begin with `/aws/vendedlogs/`."""
    return logs.LogGroup(
        scope,
        "log",
        log_group_name=name,
        retention=logs.RetentionDays.THREE_MONTHS,
        removal_policy=RemovalPolicy.DESTROY,
    )
