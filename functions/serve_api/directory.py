"""Which module answers a request: found in the list of routes, so that a request imports the models of its own resource only."""

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from functions.serve_api.rates import Kind
from functions.serve_api.routes.index import LINES


class Line(NamedTuple):
    """A route as the list has it; `rule` has its parameters as `<name>`."""

    method: str
    rule: str
    module: str
    rate: Kind
    public: bool


def find(method: str, path: str) -> Line | None:
    """The route of a request; one without parameters goes before one with them."""
    return _fitting(path).get(method)


def offered(path: str) -> list[str]:
    """The methods that a path has, sorted; empty where there is no such path."""
    return sorted(_fitting(path))


def parameter(rule: str, path: str, name: str) -> str:
    """What stands in a path where its rule has this parameter; empty where it has none."""
    given = zip(rule.split("/"), path.split("/"), strict=False)
    return next((part for shape, part in given if shape == f"<{name}>"), "")


def _fitting(path: str) -> dict[str, Line]:
    """The route of each method that a path has."""
    parts = path.split("/")
    found: dict[str, Line] = {}
    for shape, line in _shapes().get(len(parts), ()):
        if all(
            given == asked or (given[:1] == "<" and asked) for given, asked in zip(shape, parts, strict=True)
        ):
            held = found.get(line.method)
            if held is None or line.rule.count("<") < held.rule.count("<"):
                found[line.method] = line
    return found


@cache
def _shapes() -> dict[int, list[tuple[list[str], Line]]]:
    shapes = defaultdict(list)
    for each in LINES:
        line = Line(*each)
        parts = line.rule.split("/")
        shapes[len(parts)].append((parts, line))
    return dict(shapes)
