"""How an older release's stored rulebook becomes one that this release reads: a step for each place where a rule moved.

A field that this release does not know is never dropped in silence, since it may be a rule: either a step says where it
went, or reading is refused with the version, the field and the remedy.
"""

from collections.abc import Callable
from typing import Any

import orjson
from pydantic import ValidationError

from courtesy.errors import RefusedRule
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.problems import problems_of

Sections = dict[str, Any]


def read_stored(document: bytes) -> Rulebook:
    """The rulebook of its stored form, whatever release published it.

    Raises RefusedRule that names the version, each field that this release cannot read, and what to do.
    """
    sections: Sections = orjson.loads(document)
    for step in STEPS:
        step(sections)
    try:
        return Rulebook.model_validate_json(orjson.dumps(sections))
    except ValidationError as error:
        found = "\n  ".join(map(str, problems_of(error, Rulebook)))
        raise RefusedRule(
            f"rulebook version {sections.get('version', '?')} was published by another release, and this one cannot read it:"
            f"\n  {found}\nMend these fields in the rulebook's files and publish them as the next version "
            "(`courtesy rulebook publish`), or go back to the release that published it"
        ) from error


def _offers_moved(sections: Sections) -> None:
    """Offers stood among the messages once, without ids of their own; a section of their own came later."""
    messages = sections.get("messages")
    if isinstance(messages, dict) and isinstance(messages.get("offers"), dict):
        moved = messages.pop("offers")
        own = sections.setdefault("offers", {})
        for id_, offer in moved.items():
            own.setdefault(id_, {"id": id_, **offer})


STEPS: tuple[Callable[[Sections], None], ...] = (_offers_moved,)
"""In the order of the releases; each leaves alone what does not have the old shape."""
