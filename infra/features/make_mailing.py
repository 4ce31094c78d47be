"""make_mailing: makes print pieces, groups them into mailings and announces those to the print vendor."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Consume, Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.rulebooks, access.READ),
        access.secret(data.hash_key_arn),
        *access.read_objects(data.lake, "mailings/"),
        access.write_objects(data.lake, "mailings/"),
        access.send(house.queues["vendor"].queue, house.queues["vendor_api"].queue),
    ]


FEATURE = Feature(
    name="make_mailing",
    settings=(
        "timeline_table",
        "profiles_table",
        "rulebooks_table",
        "lake_bucket",
        "vendor_queue_url",
        "vendor_api_queue_url",
        "hash_key_secret",
    ),
    allow=_allow,
    timeout=600,
    memory=3008,
    consumes={
        "letter": Consume(batch=1000, at_once=2, wait=5),
        "postcard": Consume(batch=1000, at_once=2, wait=5),
    },
    layers=("print",),
    scratch=2048,
)
