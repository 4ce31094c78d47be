"""score_population: combines the parts' summaries into the figures that hold for the whole population."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.rulebooks, access.READ),
        *access.read_objects(data.lake, "snapshots/", "segments/", "outcomes/cycles/"),
        access.write_objects(data.lake, "snapshots/", "segments/", "outcomes/cycles/"),
    ]


FEATURE = Feature(
    name="score_population",
    settings=(
        "lake_bucket",
        "rulebooks_table",
    ),
    allow=_allow,
    timeout=900,
    memory=3008,
    layers=("columns",),
    scratch=4096,
)
