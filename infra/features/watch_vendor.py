"""watch_vendor: counts mailings that the print vendor has not acknowledged in time, and announces them again."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    return [
        access.table(house.data.rulebooks, access.READ),
        *access.read_objects(house.data.lake, "mailings/"),
        access.send(house.queues["vendor"].queue, house.queues["vendor_api"].queue),
    ]


FEATURE = Feature(
    name="watch_vendor",
    settings=("rulebooks_table", "lake_bucket", "vendor_queue_url", "vendor_api_queue_url"),
    allow=_allow,
    timeout=120,
    memory=512,
)
