"""What breaks callers between two OpenAPI documents: things gone, things newly asked for, answers of another shape."""

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]


def breaks(before: Document, after: Document) -> list[str]:
    """Every change that a caller of `before` would notice, a line each; empty where they can stay as they are."""
    return list(_breaks(before, after))


def _breaks(before: Document, after: Document) -> Iterator[str]:
    for path, operations in before["paths"].items():
        for method, was in operations.items():
            name = f"{method.upper()} {path}"
            now = after["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{name} is gone"
                continue
            yield from _parameters(name, was, now)
            yield from _body(name, before, was, after, now)
            yield from _answers(name, before, was, after, now)


def _parameters(name: str, was: Document, now: Document) -> Iterator[str]:
    held = {(p["in"], p["name"]): p for p in now.get("parameters", [])}
    asked = {(p["in"], p["name"]) for p in was.get("parameters", [])}
    for place, parameter in sorted(asked - held.keys()):
        yield f"{name} no longer takes the {place} parameter {parameter}"
    for (place, parameter), one in sorted(held.items()):
        if one.get("required") and (place, parameter) not in asked:
            yield f"{name} now requires the {place} parameter {parameter}"


def _body(name: str, before: Document, was: Document, after: Document, now: Document) -> Iterator[str]:
    old, new = _schema_of(was.get("requestBody")), _schema_of(now.get("requestBody"))
    if old is None:
        if new is not None and now["requestBody"].get("required"):
            yield f"{name} now requires a body"
        return
    if new is None:
        yield f"{name} no longer takes a body"
        return
    yield from _narrower(f"{name} body", before, old, after, new)


def _answers(name: str, before: Document, was: Document, after: Document, now: Document) -> Iterator[str]:
    for status, answer in was["responses"].items():
        if not status.startswith("2"):
            continue
        told = now["responses"].get(status)
        if told is None:
            yield f"{name} no longer answers {status}"
            continue
        old, new = _schema_of(answer), _schema_of(told)
        if old is not None and new is not None:
            yield from _poorer(f"{name} {status}", before, old, after, new, frozenset())


def _narrower(where: str, before: Document, old: Document, after: Document, new: Document) -> Iterator[str]:
    """What was taken and is not any more."""
    old, new = _found(before, old), _found(after, new)
    known = new.get("properties", {})
    for field in sorted(old.get("properties", {}).keys() - known.keys()):
        if new.get("additionalProperties") is False:
            yield f"{where} no longer takes {field}"
    for field in sorted(set(new.get("required", [])) - set(old.get("required", []))):
        yield f"{where} now requires {field}"
    for field in sorted(old.get("properties", {}).keys() & known.keys()):
        left, right = _found(before, old["properties"][field]), _found(after, known[field])
        if left.get("type") != right.get("type"):
            yield f"{where}.{field} was {left.get('type')} and is {right.get('type')}"
        gone: set[Any] = set(left.get("enum") or []) - set(right.get("enum") or left.get("enum", []))
        if gone:
            yield f"{where}.{field} no longer takes {', '.join(sorted(map(str, gone)))}"


def _poorer(
    where: str, before: Document, old: Document, after: Document, new: Document, seen: frozenset[str]
) -> Iterator[str]:
    """What was told and is not any more, however deep."""
    name = old.get("$ref", "")
    if name in seen:
        return
    old, new = _found(before, old), _found(after, new)
    if old.get("type") != new.get("type"):
        yield f"{where} was {old.get('type')} and is {new.get('type')}"
        return
    known, deeper = new.get("properties", {}), seen | ({name} if name else set())
    for field, schema in sorted(old.get("properties", {}).items()):
        if field not in known:
            yield f"{where} no longer has {field}"
        else:
            yield from _poorer(f"{where}.{field}", before, schema, after, known[field], deeper)
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _poorer(f"{where}[]", before, old["items"], after, new["items"], deeper)


def _schema_of(holder: Document | None) -> Document | None:
    content = (holder or {}).get("content", {}).get("application/json")
    return content["schema"] if content else None


def _found(document: Document, schema: Document) -> Document:
    name = schema.get("$ref")
    if not name:
        return schema
    held: Document = document["components"]["schemas"][name.rsplit("/", 1)[-1]]
    return held
