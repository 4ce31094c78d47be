"""segment_part: scores and segments the customers of one part and records who moved."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.timeline, access.READ, access.WRITE),
        access.table(data.profiles, access.READ, access.WRITE),
        access.table(data.rulebooks, access.READ),
        *access.read_objects(data.lake, "snapshots/", "segments/", "moves/", "outcomes/cycles/"),
        access.write_objects(data.lake, "segments/", "moves/", "snapshots/"),
    ]


FEATURE = Feature(
    name="segment_part",
    settings=(
        "timeline_table",
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
