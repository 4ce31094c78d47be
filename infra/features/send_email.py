"""send_email: claims a due contact on a fresh look at the law, and sends it once."""

from infra.parts.sender import sender

FEATURE = sender(
    "send_email",
    "email",
    ("configuration_set", "division_sets", "inbound_domain", "sender", "public_url"),
    lambda house: house.mail.send,
    at_once=5,
)
