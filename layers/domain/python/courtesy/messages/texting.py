"""Text messages: how many parts a text takes on the air, and the longest that is sent."""

PARTS_MAX = 3
"""Parts of one text message at most; each is paid for."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


def parts_of(text: str) -> int:
    """How many parts a text takes: 160 letters of the GSM alphabet (153 in several parts), or 70 (67) of any other.

    Source: 3GPP TS 23.038 and 23.040; letters of the extension table take two places, others two UTF-16 units beyond the BMP.
    """
    if all(c in _BASIC or c in _EXTENDED for c in text):
        length, alone, each = len(text) + sum(c in _EXTENDED for c in text), 160, 153
    else:
        length, alone, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= alone else -(-length // each)
