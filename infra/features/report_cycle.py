"""report_cycle: adds up what a cycle did, checks its balance and writes its report."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from infra.parts import access
from infra.parts.feature import Feature, House


def _allow(house: House) -> Sequence[iam.PolicyStatement]:
    data = house.data
    return [
        access.table(data.rulebooks, access.READ),
        *access.read_objects(
            data.lake, "snapshots/", "segments/", "moves/", "decisions/", "outcomes/cycles/"
        ),
        access.write_objects(data.lake, "outcomes/cycles/"),
    ]


FEATURE = Feature(
    name="report_cycle",
    settings=(
        "lake_bucket",
        "rulebooks_table",
    ),
    allow=_allow,
    timeout=900,
    memory=1769,
    layers=("columns",),
    scratch=4096,
)
