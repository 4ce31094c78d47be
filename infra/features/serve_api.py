"""serve_api: answers the HTTP API and hands out the console."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.data_stack import DUE_INDEX
from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE, access.DELETE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.identities, access.READ, access.WRITE),
        access.table(data.rulebooks, access.READ, access.WRITE),
        access.table(data.answers, access.READ, access.WRITE),
        access.secret(data.hash_key_arn),
        access.index(data.timeline, DUE_INDEX),
        access.send(house.queues["events"].queue),
        access.depth(*house.queues.values()),
        access.alarms(house.alarms_arn),
        *access.read_objects(
            data.lake,
            "snapshots/",
            "segments/",
            "moves/",
            "decisions/",
            "outcomes/",
            "staged/",
            "quarantine/",
            "mailings/",
        ),
        access.write_objects(data.lake, "outcomes/erasures/", "outcomes/erasing/"),
        iam.PolicyStatement(actions=["states:StartExecution"], resources=[house.setting("cycle_arn")]),
        iam.PolicyStatement(actions=["states:DescribeExecution"], resources=[house.executions_arn]),
    ]


FEATURE = Feature(
    name="serve_api",
    settings=(
        "timeline_table",
        "profiles_table",
        "identities_table",
        "rulebooks_table",
        "answers_table",
        "events_queue_url",
        "watched_queue_urls",
        "prefix",
        "lake_bucket",
        "cycle_arn",
        "hash_key_secret",
        "user_pool_client_id",
        "cognito_url",
    ),
    allow=_allow,
    timeout=29,
    memory=1769,
    layers=("columns", "print"),
    beside=("console",),
)
