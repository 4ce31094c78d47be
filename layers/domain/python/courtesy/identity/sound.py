"""How a name sounds, roughly and alike for European spellings: the consonants, with the letters that are heard alike united."""

import re
from functools import lru_cache

_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"^(kn|gn|pn)", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^x", "s"), (r"^mac(?=.{2})", "mc"), (r"^wh", "w"),
        (r"tsch|tch|sch|sh|ch|cz", "c"), (r"ph|pf", "f"), (r"gh(?=[aeiouy])", "g"), (r"gh", ""), (r"ck|cq|q", "k"),
        (r"c(?=[eiy])", "s"), (r"th|dt|d", "t"), (r"x", "ks"), (r"z|ts", "s"), (r"j|g(?=[ei])", "g"), (r"v|w", "f"),
        (r"b", "p"), (r"(?<!^)c(?=[aou])", "k"), (r"m", "n"), (r"(?<=.)h", ""), (r"y", "i"),
    )
)  # fmt: skip
_VOWELS = re.compile(r"(?<=.)[aeiou]+")
_DOUBLES = re.compile(r"(.)\1+")


@lru_cache(maxsize=65536)
def sound(token: str) -> str:
    """The sound code of one lower-case token; words that are often mistaken for each other share it."""
    for pattern, to in _REWRITES:
        token = pattern.sub(to, token)
    code = _DOUBLES.sub(r"\1", _VOWELS.sub("", token))
    return ("a" if code[:1] in "aeiou" else code[:1]) + code[1:] if code else ""
