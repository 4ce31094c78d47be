"""send_text: claims a due text message on a fresh look at the law, and sends it once."""

from infra.parts.sender import sender

FEATURE = sender(
    "send_text",
    "sms",
    ("text_configuration_set", "text_origination"),
    lambda house: house.texts.send,
    at_once=2,
)
