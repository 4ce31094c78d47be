"""Writes the references that are made from what the code says: the rulebook's schemas and the API's description.

`make docs` runs it before the build; what it writes is not kept in git, so it can never be out of date.
"""

import json
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
SECTIONS = {
    "divisions": "Divisions",
    "dealers": "Dealers",
    "sources": "Source contracts",
    "identity": "Identity",
    "population": "Segments and value",
    "decisions": "The contact law",
    "triggers": "Triggers",
    "messages": "Messages",
    "offers": "Offers",
    "retention": "Retention",
}


def main(folder: Path) -> None:
    """Write `rulebook.md` and `api.md` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rulebook.md").write_text(rulebook(), encoding="utf-8")
    (folder / "api.md").write_text(api(), encoding="utf-8")


def rulebook() -> str:
    """All sections with their fields, types, defaults and meanings."""
    parts = [
        "# Rulebook reference",
        "",
        "Every field of the YAML files below `rulebook/`, made from their schemas in `rulebook/schemas/`. An editor that reads",
        "`# yaml-language-server: $schema=...` in a file's first line completes and checks them while you write.",
        "",
    ]
    for path in sorted((CHECKOUT / "rulebook" / "schemas").glob("*.json"), key=_order):
        schema = json.loads(path.read_text(encoding="utf-8"))
        name = path.stem
        parts += [f"## {SECTIONS.get(name, name.capitalize())}", "", f"File: `rulebook/{_file(name)}`.", ""]
        parts += _object(schema)
        for title, each in sorted(schema.get("$defs", {}).items()):
            if "properties" in each:
                parts += [f"### {title} ({name})", "", *_object(each)]
            elif "enum" in each:
                parts += [f"### {title} ({name})", "", f"One of {_enum(each['enum'])}.", ""]
    return "\n".join(parts) + "\n"


def _order(path: Path) -> tuple[int, str]:
    names = list(SECTIONS)
    return (names.index(path.stem) if path.stem in names else len(names), path.stem)


def _file(name: str) -> str:
    return f"{name}/<name>.yaml" if name in ("sources", "triggers") else f"{name}.yaml"


def _object(schema: dict[str, Any]) -> list[str]:
    text = schema.get("description", "").strip()
    parts = ["```text", text, "```", ""] if "\n" in text else [text, ""] if text else []
    properties = schema.get("properties", {})
    if not properties:
        return parts
    needed = set(schema.get("required", []))
    parts += ["| field | type | default | |", "|---|---|---|---|"]
    for name, field in properties.items():
        default = "required" if name in needed else _shown(field.get("default"))
        parts.append(f"| `{name}` | {_type(field)} | {default} | {_cell(field.get('description', ''))} |")
    return [*parts, ""]


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"].rsplit("/", 1)[-1])
    if "enum" in field:
        return _enum(field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    for joined in ("anyOf", "oneOf", "allOf"):
        if joined in field:
            return " or ".join(dict.fromkeys(_type(each) for each in field[joined]))
    kind = field.get("type", "any")
    if kind == "array":
        return f"list of {_type(field.get('items', {}))}"
    if kind == "object":
        inner = field.get("additionalProperties")
        return f"mapping to {_type(inner)}" if isinstance(inner, dict) else "mapping"
    bounds = [
        f"{words} {field[key]}"
        for key, words in (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "to"))
        if key in field
    ]
    return " ".join([{"null": "none"}.get(str(kind), str(kind)), *bounds])


def _enum(values: list[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if text in ("null", '""', "[]", "{}"):
        return ""
    return f"`{_cell(text if len(text) <= 60 else text[:57] + '...')}`"


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;").replace("{{", "{ {")


def api() -> str:
    """All routes by subject: who may call them, what they take and what they answer."""
    document = json.loads((CHECKOUT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for tag in operation.get("tags", ["other"])[:1]:
                by_tag.setdefault(tag, []).append((method.upper(), path, operation))
    parts = [
        "# API reference",
        "",
        f"Version {document['info']['version']}. {document['info'].get('description', '').strip()}",
        "",
        "The full description as OpenAPI 3.1 is served at `/openapi.json`. A token of the user pool goes into the header",
        "`Authorization: Bearer ...`; every problem is answered as `application/problem+json`.",
        "",
    ]
    for tag in sorted(by_tag):
        parts += [
            f"## {tag.capitalize()}",
            "",
            "| route | what it does | takes | answers |",
            "|---|---|---|---|",
        ]
        for method, path, operation in sorted(by_tag[tag], key=lambda each: (each[1], each[0])):
            what = operation.get("summary", "")
            if operation.get("description"):
                what += f". {operation['description']}"
            parts.append(
                f"| `{method} {path}` | {_cell(what)} | {_takes(operation)} | {_answers(operation)} |"
            )
        parts.append("")
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        if "properties" in schema and not name.startswith(("HTTPValidation", "Validation")):
            parts += [f"### {name}", "", *_object(schema)]
    return "\n".join(parts) + "\n"


def _takes(operation: dict[str, Any]) -> str:
    named = [f"`{each['name']}`" for each in operation.get("parameters", []) if each.get("in") == "query"]
    return ", ".join([*named, *_schemas(operation.get("requestBody", {}))])


def _answers(operation: dict[str, Any]) -> str:
    found = []
    for status, answer in operation.get("responses", {}).items():
        if status.startswith("2"):
            found += [f"{status} {name}" for name in _schemas(answer) or [""]]
    return ", ".join(found)


def _schemas(holder: dict[str, Any]) -> list[str]:
    return [
        _type(each.get("schema", {})) for each in holder.get("content", {}).values() if each.get("schema")
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
