"""order_pieces: hands pieces over to print vendors with an API, asks them back, and asks what became of them."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Consume, Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.rulebooks, access.READ),
        access.secret(data.vendor_keys_arn),
        *access.read_objects(data.lake, "mailings/"),
        access.write_objects(data.lake, "mailings/"),
        access.send(house.queues["vendor_status"].queue),
    ]


FEATURE = Feature(
    name="order_pieces",
    settings=("prefix", "rulebooks_table", "lake_bucket", "vendor_status_queue_url"),
    allow=_allow,
    timeout=300,
    memory=512,
    consumes={"vendor_api": Consume(batch=1, at_once=2)},
)
