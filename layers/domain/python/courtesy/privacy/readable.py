"""The access document as a page that people read: every value of it, under the same names, needing nothing from elsewhere."""

from html import escape
from typing import Any

_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.25rem 0 .75rem}th,td{text-align:left;vertical-align:top;padding:.2rem .75rem .2rem 0;"
    "border-bottom:1px solid #8884}th{font-weight:600;white-space:nowrap}ol{padding-left:1.25rem}"
)
_HEADS = {
    "values": "What we hold of you", "origins": "Where each value comes from", "standings": "What stands for you", "held": "All that happened",
    "segments": "Where we place you", "identity": "Why your records are one person", "look_ups": "Keys of what you corrected, as keyed hashes", "decisions": "What was decided about contacting you",
    "sources": "Who told us", "recipients": "Who was given what", "purposes": "What we need it for", "lake": "Further logs",
}  # fmt: skip


def access_page(document: dict[str, Any]) -> str:
    """The document of `privacy.access` as one HTML page; nothing of it is left out."""
    head = {name: value for name, value in document.items() if name not in _HEADS}
    parts = [_shown(head)]
    parts += [
        f"<h2>{escape(title)}</h2>{_shown(document[name])}"
        for name, title in _HEADS.items()
        if name in document
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>All that is held</title><style>{_STYLE}</style></head><body><main><h1>All that is held</h1>{''.join(parts)}</main></body></html>"
    )


def _shown(value: Any) -> str:
    if isinstance(value, dict) and value:
        rows = "".join(
            f"<tr><th>{escape(str(name).replace('_', ' '))}</th><td>{_shown(each)}</td></tr>"
            for name, each in value.items()
        )
        return f"<table>{rows}</table>"
    if isinstance(value, (list, tuple)) and value:
        return f"<ol>{''.join(f'<li>{_shown(each)}</li>' for each in value)}</ol>"
    if value is None or value in ("", [], {}):
        return "none"
    return escape(
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
