"""Policy statements as narrow as the code needs: named actions on named tables, prefixes and queues."""

from collections.abc import Iterable, Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra.parts.queue import WorkQueue

READ = ("GetItem", "BatchGetItem", "Query")
WRITE = ("PutItem", "UpdateItem", "BatchWriteItem", "ConditionCheckItem")
DELETE = ("DeleteItem",)
SCAN = ("Scan",)
LOOK_UP = ("BatchGetItem",)
"""Items whose keys are known, and no others."""


def table(table: dynamodb.ITable, *actions: Sequence[str]) -> iam.PolicyStatement:
    """The actions on a table's items, its indexes left out."""
    return _allow((f"dynamodb:{action}" for group in actions for action in group), [table.table_arn])


def index(table: dynamodb.ITable, name: str) -> iam.PolicyStatement:
    """Query one index of a table."""
    return _allow(["dynamodb:Query"], [f"{table.table_arn}/index/{name}"])


def read_objects(bucket: s3.IBucket, *prefixes: str) -> list[iam.PolicyStatement]:
    """Get objects below the prefixes ("" for all) and list those prefixes."""
    return [
        _allow(["s3:GetObject", "s3:GetObjectVersion"], _below(bucket, prefixes)),
        _allow(["s3:ListBucket"], [bucket.bucket_arn]),
    ]


def get_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Get objects below the prefixes, without a look at what else there is."""
    return _allow(["s3:GetObject"], _below(bucket, prefixes))


def write_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Put objects below the prefixes, in one piece or several."""
    return _allow(["s3:PutObject", "s3:AbortMultipartUpload"], _below(bucket, prefixes))


def delete_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """Delete objects below the prefixes; versions stay until the lifecycle removes them."""
    return _allow(["s3:DeleteObject"], _below(bucket, prefixes))


def send(*queues: sqs.IQueue) -> iam.PolicyStatement:
    """Send to the queues."""
    return _allow(["sqs:SendMessage"], [queue.queue_arn for queue in queues])


def depth(*queues: WorkQueue) -> iam.PolicyStatement:
    """Ask how many messages wait in the queues and in those of what was given up."""
    each = [queue for both in queues for queue in (both.queue, both.dead)]
    return _allow(["sqs:GetQueueAttributes"], [queue.queue_arn for queue in each])


def alarms(arn: str) -> iam.PolicyStatement:
    """Ask how alarms stand."""
    return _allow(["cloudwatch:DescribeAlarms"], [arn])


def secret(arn: str) -> iam.PolicyStatement:
    """Read one secret's value."""
    return _allow(["secretsmanager:GetSecretValue"], [arn])


def _below(bucket: s3.IBucket, prefixes: Sequence[str]) -> list[str]:
    return [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]


def _allow(actions: Iterable[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))
