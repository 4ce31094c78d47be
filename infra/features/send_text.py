"""send_text: claims a due text message on a fresh look at the law, and sends it once."""

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
        house.texts.send,
    ]


FEATURE = Feature(
    name="send_text",
    settings=(
        "timeline_table",
        "profiles_table",
        "rulebooks_table",
        "text_configuration_set",
        "text_origination",
        "hash_key_secret",
    ),
    allow=_allow,
    timeout=60,
    memory=1024,
    consumes={"sms": Consume(batch=10, at_once=2)},
)
