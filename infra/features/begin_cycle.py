"""begin_cycle: fixes what a cycle is about: its id, its date, its parts, the rulebook in force."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.rulebooks, access.READ),
        access.table(data.profiles, ("DescribeTable",)),
        access.write_objects(data.lake, "outcomes/cycles/"),
    ]


FEATURE = Feature(
    name="begin_cycle",
    settings=("profiles_table", "lake_bucket", "rulebooks_table"),
    allow=_allow,
    timeout=30,
    memory=512,
)
