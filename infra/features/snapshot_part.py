"""snapshot_part: writes one part of the population's profiles to the lake as Parquet."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.profiles, access.READ, access.SCAN),
        access.table(data.rulebooks, access.READ),
        *access.read_objects(data.lake, "snapshots/"),
        access.write_objects(data.lake, "snapshots/"),
    ]


FEATURE = Feature(
    name="snapshot_part",
    settings=(
        "profiles_table",
        "lake_bucket",
        "rulebooks_table",
    ),
    allow=_allow,
    timeout=900,
    memory=3008,
    layers=("columns",),
    scratch=4096,
)
