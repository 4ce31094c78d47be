"""record_feedback: writes what became of sent contacts: SES's events and the print vendor's status."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Consume, Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.identities, access.READ),
        access.secret(data.hash_key_arn),
        *access.read_objects(data.lake, "mailings/"),
        access.write_objects(data.lake, "mailings/"),
    ]


FEATURE = Feature(
    name="record_feedback",
    settings=(
        "timeline_table",
        "profiles_table",
        "identities_table",
        "lake_bucket",
        "hash_key_secret",
    ),
    allow=_allow,
    timeout=60,
    memory=1024,
    consumes={"feedback": Consume(batch=10, at_once=5), "vendor_status": Consume(batch=10, at_once=2)},
)
