"""Everything that runs: layers, functions, queues, the cycle, the API, schedules, alarms. Nothing here holds data."""

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import features
from infra.config import Config
from infra.data_stack import DataStack
from infra.parts import access
from infra.parts.api import Api
from infra.parts.cycle import Cycle
from infra.parts.dashboard import add_dashboard, reputation
from infra.parts.drops import Drops
from infra.parts.feature import House
from infra.parts.function import Function
from infra.parts.layers import Layers
from infra.parts.mail import Mail
from infra.parts.notices import Notices
from infra.parts.queue import WorkQueue
from infra.parts.schedules import Schedules
from infra.parts.site import Site
from infra.parts.texts import Texts

VENDOR_TIMEOUT = 300
"""Seconds that the print vendor has to fetch an announced mailing before the announcement is shown again."""


class AppStack(Stack):
    """The functions and what connects them."""

    def __init__(self, scope: Construct, config: Config, data: DataStack, **options: Any) -> None:
        super().__init__(scope, f"{config.prefix}-app", **options)
        notices = Notices(self, config)
        described = {name: features.feature(name) for name in (*features.CYCLE, *features.OTHERS)}
        queues = {
            queue: WorkQueue(self, queue, consumer_timeout=feature.timeout, notices=notices)
            for feature in described.values()
            for queue in feature.consumes
        }
        queues["vendor"] = WorkQueue(self, "vendor", consumer_timeout=VENDOR_TIMEOUT, notices=notices)
        house = House(
            scope=self,
            config=config,
            data=data,
            layers=Layers(self, config),
            notices=notices,
            queues=queues,
            mail=Mail(self, notices, queues["feedback"], data.lake),
            texts=Texts(self, notices, queues["feedback"]),
            api=Api(self, notices),
        )
        in_cycle = {name: described[name].add(house) for name in features.CYCLE}
        house.cycle = Cycle(self, in_cycle, notices)
        functions = in_cycle | {name: described[name].add(house) for name in features.OTHERS}

        Drops(self, data, notices, queues["drops"])
        house.api.answer_with(functions["serve_api"], data.users, data.user_client)
        Schedules(
            self,
            notices,
            release_arn=functions["release_due"].function.function_arn,
            watch_arn=functions["watch_vendor"].function.function_arn,
            erase_arn=functions["erase_customers"].function.function_arn,
            trim_arn=functions["trim_timelines"].function.function_arn,
            cycle_arn=house.cycle.arn,
        )
        if config.vendor_account:
            _admit_vendor(house, config.vendor_account)
        _watch(notices, functions)
        add_dashboard(self, notices, queues, functions, house.cycle)

        outputs = {
            "ApiUrl": house.api.url,
            "CycleArn": house.cycle.arn,
            "ConfigurationSet": house.mail.configuration_set,
        }
        outputs |= {f"{_camel(name)}QueueUrl": queue.queue.queue_url for name, queue in queues.items()}
        outputs |= {
            f"{_camel(name)}FunctionName": each.function.function_name for name, each in functions.items()
        }
        if not config.local:  # one machine has no CloudFront; there the API's function hands the console out
            sign_in = {
                "client": house.setting("user_pool_client_id"),
                "cognito": house.setting("cognito_url"),
            }
            outputs["ConsoleUrl"] = Site(self, house.api, sign_in, config.prefix).url
        for name, value in outputs.items():
            CfnOutput(self, f"Out{name}", key=name, value=value)


def _admit_vendor(house: House, account: str) -> None:
    """Let the print vendor's AWS account take announcements, fetch manifests and pieces (not our register), report their status."""
    vendor = iam.AccountPrincipal(account)
    house.queues["vendor"].queue.grant_consume_messages(vendor)
    house.queues["vendor_status"].queue.grant_send_messages(vendor)
    role = iam.Role(
        house.scope, "vendor_role", assumed_by=vendor, description=f"How {house.config.vendor} fetches pieces"
    )
    mailings = f"mailings/{house.config.vendor}/*/"
    role.add_to_policy(access.get_objects(house.data.lake, f"{mailings}manifest.jsonl", f"{mailings}pieces/"))


def _watch(notices: Notices, functions: dict[str, Function]) -> None:
    released = functions["release_due"].function.metric_invocations(period=Duration.minutes(5))
    notices.alarm(
        "release-stopped",
        released,
        "Nothing was released for a quarter of an hour: the schedule is not running, so no contact leaves.",
        below=1,
        periods=3,
    )
    notices.alarm(
        "mailings-overdue",
        cloudwatch.Metric(
            namespace="Courtesy",
            metric_name="MailingsOverdue",
            dimensions_map={"service": "courtesy"},
            statistic="Maximum",
            period=Duration.hours(1),
        ),
        "The print vendor has not acknowledged a mailing in time; it is announced again each hour. Call the vendor.",
    )
    bounces, complaints = reputation()
    notices.alarm(
        "bounces", bounces, "Over 4 % hard bounces: SES puts senders under review at 5 %.", above=0.04
    )
    notices.alarm(
        "complaints",
        complaints,
        "Over 0.08 % complaints: SES puts senders under review at 0.1 %.",
        above=0.0008,
    )


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
