"""What is wrong with a rulebook, said so that a marketer can mend it: where, what, and the nearest right name."""

import types
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Where = tuple[str | int, ...]
"""Where a value stands in the rulebook: ("triggers", "welcome", "channels", 0)."""


class Problem(NamedTuple):
    """One thing that does not hold. `error` forbids publication, `warning` is shown and lets it pass."""

    path: Where
    text: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.text}"


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Pydantic's findings in our words; `model` is what was validated."""
    return [_problem(details, model) for details in error.errors(include_url=False)]


def nearest(name: str, known: Sequence[str]) -> str:
    """`; did you mean ...?` or the known names, to be put behind a complaint about `name`."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known are: {', '.join(sorted(known)[:12])}" if known else "; none are declared"


def _problem(details: ErrorDetails, model: type[BaseModel]) -> Problem:
    path, kind, given = tuple(details["loc"]), details["type"], details["input"]
    if kind == "extra_forbidden":
        known = sorted({name for parent in _models_at(model, path[:-1]) for name in parent.model_fields})
        return Problem(path, f"unknown field {path[-1]!r}{nearest(str(path[-1]), known)}")
    if kind == "missing":
        return Problem(path, "is required and missing")
    if kind == "literal_error" and isinstance(given, str):
        allowed = [
            word.strip("' ") for word in str(details["ctx"]["expected"]).replace(" or ", ", ").split(",")
        ]
        return Problem(path, f"{given!r} is none of {', '.join(allowed)}{nearest(given, allowed)}")
    text = details["msg"].removeprefix("Value error, ")
    if isinstance(given, str) and len(given) > 60:
        given = f"{given[:57]}..."
    shown = (
        f" (found {given!r})" if isinstance(given, str | int | float | bool) and kind != "value_error" else ""
    )
    return Problem(path, f"{text[:1].lower()}{text[1:]}{shown}")


def _models_at(annotation: Any, path: Where) -> Iterator[type[BaseModel]]:
    """The models that may stand at a path below an annotation, through dicts, lists and unions."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _models_at(get_args(annotation)[0], path)
    elif origin in (Union, types.UnionType):
        for choice in get_args(annotation):
            yield from _models_at(choice, path)
    elif origin in (dict, list, tuple, set):
        if path:
            yield from _models_at(get_args(annotation)[-1 if origin is dict else 0], path[1:])
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not path:
            yield annotation
        elif path[0] in annotation.model_fields:
            yield from _models_at(annotation.model_fields[str(path[0])].annotation, path[1:])
        else:  # pydantic names the member of a union (its class or its tag) in the path
            yield from _models_at(annotation, path[1:])
