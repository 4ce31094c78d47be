"""One page on how the installation is doing, from what comes in to what goes out."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.parts.cycle import Cycle
from infra.parts.function import Function
from infra.parts.notices import Notices
from infra.parts.queue import WorkQueue

_MINUTES = Duration.minutes(5)


def add_dashboard(
    scope: Construct,
    notices: Notices,
    queues: Mapping[str, WorkQueue],
    functions: Mapping[str, Function],
    cycle: Cycle,
) -> cloudwatch.Dashboard:
    """The dashboard over queues, functions, cycle and the reputation of the sender."""
    waiting = [q.queue.metric_approximate_number_of_messages_visible(label=n) for n, q in queues.items()]
    oldest = [q.queue.metric_approximate_age_of_oldest_message(label=n) for n, q in queues.items()]
    dead = [q.dead.metric_approximate_number_of_messages_visible(label=n) for n, q in queues.items()]
    errors = [f.function.metric_errors(label=n, period=_MINUTES) for n, f in functions.items()]
    longest = [
        f.function.metric_duration(label=n, period=_MINUTES, statistic="Maximum")
        for n, f in functions.items()
    ]
    machine = cycle.machine
    cycles: list[cloudwatch.IMetric] = [
        machine.metric_succeeded(),
        machine.metric_failed(),
        machine.metric_time(),
    ]
    return cloudwatch.Dashboard(
        scope,
        "dashboard",
        dashboard_name=notices.config.prefix,
        widgets=[
            [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(notices.alarms), width=24)],
            [
                _graph("Messages waiting", waiting),
                _graph("Oldest message, seconds", oldest),
                _graph("Given up", dead),
            ],
            [_graph("Errors", errors), _graph("Longest run, ms", longest), _graph("Cycles", cycles)],
            [_graph("Share of bounces and complaints", reputation())],
        ],
    )


def reputation() -> tuple[cloudwatch.Metric, cloudwatch.Metric]:
    """SES's own figures on hard bounces and complaints, as shares of what was sent."""
    return (
        cloudwatch.Metric(
            namespace="AWS/SES",
            metric_name="Reputation.BounceRate",
            period=Duration.hours(1),
            statistic="Maximum",
        ),
        cloudwatch.Metric(
            namespace="AWS/SES",
            metric_name="Reputation.ComplaintRate",
            period=Duration.hours(1),
            statistic="Maximum",
        ),
    )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
