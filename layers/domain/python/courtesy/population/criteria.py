"""Criteria: SQL boolean expressions over the attribute catalogue, checked with DuckDB's own parser and binder.

A text is parsed to a tree, every node of the tree is held against an allow-list (so nothing that reads a file, a setting,
another table, the clock or chance can be said), bound to the catalogue's columns, and written out again from the tree:
what runs is DuckDB's rendering of the checked tree, never the text itself.

Three-valued logic is kept: unknown (NULL) is not true. What cannot be computed for a customer (an overflow, a division by
zero) is unknown for that customer, not an error of the cycle.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import duckdb

from courtesy.errors import RefusedRule, UnknownName
from courtesy.population.allowed import (
    FUNCTIONS,
    KEYS_OF,
    LONGEST,
    MOST_NODES,
    OPERATORS,
    TYPES,
    brackets_too_deep,
)
from courtesy.population.catalogue import Catalogue

_LEAD = "SELECT "
Node = dict[str, Any]


class UnknownAttribute(UnknownName):
    """A name in a criterion that is no attribute; `position` counts characters from 0."""

    def __init__(self, name: str, catalogue: Catalogue, text: str, *, rule: str, position: int) -> None:
        super().__init__("attribute", name, catalogue.names)
        self.rule, self.position = rule, position
        self.args = (f"{rule}: {self.args[0]}\n{caret(text, position)}",)


@dataclass(frozen=True)
class Clause:
    """One of the parts that a criterion joins by AND; all must be true. `text` is as DuckDB writes it."""

    text: str
    sql: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Criteria:
    """A checked criterion. `sql` is what to run over a relation that has the catalogue's columns: true, false or NULL."""

    text: str
    sql: str
    attributes: tuple[str, ...]
    clauses: tuple[Clause, ...]


@lru_cache(maxsize=512)
def check(text: str, catalogue: Catalogue, *, rule: str) -> Criteria:
    """Parse, hold against the allow-list, bind. `rule` names the rule in messages.

    The parts of a cycle ask for the same criteria: what was found sound is remembered. Raises RefusedRule (with `position`
    and the expression with a caret) and UnknownAttribute, an UnknownName.
    """
    if not text.strip():
        raise RefusedRule("the criterion is empty; write `true` for everybody", rule=rule, position=0)
    if len(text) > LONGEST:
        raise RefusedRule(f"{len(text)} characters; at most {LONGEST}", rule=rule, position=LONGEST)
    if "\0" in text or (deep := brackets_too_deep(text)) >= 0:
        position = text.index("\0") if "\0" in text else deep
        raise _refused("nested too deeply, or not text", text, rule, position)
    tree = _parse(text, rule)
    root = _expression(tree, text, rule)
    nodes = list(_walk(root, text, rule))
    if len(nodes) > MOST_NODES:
        raise RefusedRule(f"{len(nodes)} terms; at most {MOST_NODES}: split the rule", rule=rule)
    known = catalogue.by_name
    for node in nodes:
        if node["class"] == "COLUMN_REF":
            name = ".".join(node["column_names"])
            if name.lower() not in known:
                raise UnknownAttribute(name, catalogue, text, rule=rule, position=_position(node, text))
    for node in nodes:
        _guard_division(node)
    rendered = _render(root)
    _bind(rendered, root, catalogue, text, rule)
    _check_constants(nodes, catalogue, text, rule)
    parts = root["children"] if root["type"] == "CONJUNCTION_AND" else [root]
    clauses = tuple(_clause(part) for part in parts)
    return Criteria(text, f"TRY({rendered})", _attributes(root), clauses)


def clauses(text: str, catalogue: Catalogue, *, rule: str) -> tuple[Clause, ...]:
    """The parts of a criterion that are joined by AND at its top, for explaining which of them hold."""
    return check(text, catalogue, rule=rule).clauses


def caret(text: str, position: int) -> str:
    """The line of the expression that `position` is in, with a caret below."""
    position = max(0, min(position, len(text)))
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : end if end >= 0 else len(text)].replace("\t", " ")
    return f"  {line}\n  {' ' * (position - start)}^"


def _refused(reason: str, text: str, rule: str, position: int) -> RefusedRule:
    shown = f"{reason}\n{caret(text, position)}" if position >= 0 else reason
    return RefusedRule(shown, rule=rule, position=position)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A connection that sees nothing: no files, no extensions, no settings that could be changed."""
    connection = duckdb.connect(
        config={
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "threads": "1",
            "memory_limit": "200MB",
        }
    )
    connection.execute("SET lock_configuration = true")
    return connection


def _one(sql: str, *arguments: str) -> str:
    row = _parser().cursor().execute(sql, list(arguments)).fetchone()
    return str(row[0]) if row else ""


def _parse(text: str, rule: str) -> Node:
    try:
        answer: Node = json.loads(
            _one("SELECT json_serialize_sql(?, skip_default := true, skip_null := true)", _LEAD + text)
        )
    except duckdb.Error as error:
        raise _refused(f"cannot be read: {_first_line(error)}", text, rule, 0) from None
    except RecursionError:
        raise _refused("nested too deeply: split the rule", text, rule, 0) from None
    if answer["error"]:
        at = _characters(text, int(answer.get("position") or 0))
        if answer.get("error_type") == "not implemented":
            raise _refused("only a single expression may stand here", text, rule, 0)
        raise _refused(str(answer.get("error_message", "cannot be read")), text, rule, at)
    return answer


def _expression(tree: Node, text: str, rule: str) -> Node:
    """The one expression of the tree, where the text is that and nothing else."""
    statements = tree["statements"]
    if len(statements) != 1:
        raise _refused("one expression only; `;` has no place here", text, rule, max(text.find(";"), 0))
    node = statements[0]["node"]
    extra = {key for key, value in node.items() if value not in ({}, [], None)}
    extra -= {"type", "select_list", "from_table", "aggregate_handling"}
    if (
        node["type"] != "SELECT_NODE"
        or extra
        or node.get("from_table", {}).get("type", "EMPTY") != "EMPTY"
        or len(node["select_list"]) != 1
        or node.get("aggregate_handling", "STANDARD_HANDLING") != "STANDARD_HANDLING"
        or statements[0].get("named_param_map")
    ):
        raise _refused(
            "only a single expression may stand here: no FROM, WHERE, lists or other clauses", text, rule, 0
        )
    root: Node = node["select_list"][0]
    if root.get("alias"):
        raise _refused("a criterion has no alias (AS)", text, rule, _position(root, text))
    return root


def _walk(node: Node, text: str, rule: str) -> Iterator[Node]:
    """Every node of the tree, each held against the allow-list first."""
    pending = [node]
    while pending:
        found = pending.pop()
        kind = found.get("class", "?")
        at = _position(found, text)
        if kind not in KEYS_OF:
            what = (
                "subqueries are"
                if kind == "SUBQUERY"
                else f"{kind.lower().replace('_', ' ')} expressions are"
            )
            raise _refused(f"{what} not allowed in criteria", text, rule, at)
        unexpected = {k for k, v in found.items() if v not in ({}, [], None, False, "")} - KEYS_OF[kind]
        if unexpected:
            raise _refused(f"not allowed in criteria: {', '.join(sorted(unexpected))}", text, rule, at)
        if kind == "FUNCTION":
            _check_function(found, text, rule, at)
        elif kind == "OPERATOR" and found["type"] not in OPERATORS:
            raise _refused(f"the operator {found['type']} is not allowed in criteria", text, rule, at)
        elif kind == "CAST":
            _check_type(found["type_expr"], text, rule, at)
        yield found
        pending.extend(reversed(list(_below(found))))


DIVISIONS = frozenset({"/", "//", "%"})


@cache
def _guard() -> str:
    """The tree of `nullif(true, 0)`, whose `true` stands for a divisor."""
    tree: Node = json.loads(_one("SELECT json_serialize_sql(?)", f"{_LEAD}nullif(true, 0)"))
    return json.dumps(tree["statements"][0]["node"]["select_list"][0])


def _guard_division(node: Node) -> None:
    """By zero there is no result (NULL), instead of infinity or "not a number", which would be greater than everything."""
    if node["class"] == "FUNCTION" and node["function_name"] in DIVISIONS and len(node["arguments"]) == 2:
        guarded: Node = json.loads(_guard())
        guarded["arguments"][0] = node["arguments"][1]
        node["arguments"][1] = {**json.loads(_guard())["arguments"][0], "expression": guarded}


def _below(node: Node) -> Iterator[Node]:
    for key in ("left", "right", "child", "input", "lower", "upper"):
        if key in node:
            yield node[key]
    yield from node.get("children", ())
    for argument in node.get("arguments", ()):
        yield argument["expression"]
    for case in node.get("case_checks", ()):
        yield case["when_expr"]
        yield case["then_expr"]
    if "else_expr" in node:
        yield node["else_expr"]


def _check_function(node: Node, text: str, rule: str, at: int) -> None:
    name = node["function_name"]
    path = node.get("qualified_name", {}).get("path", [name])
    if name not in FUNCTIONS or path != [name]:
        try:
            raise UnknownName("function", ".".join(path), [f for f in FUNCTIONS if f[0].isalpha()])
        except UnknownName as unknown:
            raise _refused(f"not among the functions of criteria: {unknown}", text, rule, at) from None
    if node.get("order_bys", {"type": "ORDER_MODIFIER"}) != {"type": "ORDER_MODIFIER"}:
        raise _refused("ORDER BY has no place in criteria", text, rule, at)
    if any(set(argument) - {"expression"} for argument in node.get("arguments", ())):
        raise _refused("named arguments are not allowed in criteria", text, rule, at)


def _check_type(node: Node, text: str, rule: str, at: int) -> None:
    extra = set(node) - {
        "class",
        "type",
        "type_name",
        "query_location",
        "query_location_length",
        "qualified_name",
    }
    if (
        node.get("type_name") not in TYPES
        or extra
        or len(node.get("qualified_name", {}).get("path", [0])) != 1
    ):
        raise _refused(f"cast to one of {', '.join(sorted(TYPES))} only", text, rule, at)


def _render(node: Node) -> str:
    """The expression as DuckDB writes it, fully bracketed."""
    statement = {
        "error": False,
        "statements": [
            {
                "node": {
                    "type": "SELECT_NODE",
                    "modifiers": [],
                    "cte_map": {"map": []},
                    "select_list": [node],
                    "from_table": {"type": "EMPTY", "alias": "", "sample": None},
                    "group_expressions": [],
                    "group_sets": [],
                    "aggregate_handling": "STANDARD_HANDLING",
                },
                "named_param_map": [],
            }
        ],
    }
    return _one("SELECT json_deserialize_sql(?)", json.dumps(statement)).removeprefix(_LEAD).strip()


def _bind(rendered: str, root: Node, catalogue: Catalogue, text: str, rule: str) -> None:
    """Types fit and the whole is true or false; constants can be computed."""
    cursor = _parser().cursor()
    table = catalogue.unknown_sql()
    try:
        row = cursor.execute(f"DESCRIBE SELECT ({rendered}) FROM {table}").fetchone()
        cursor.execute(f"SELECT ({rendered}) FROM {table}").fetchall()
    except duckdb.Error as error:
        raise _refused(_first_line(error), text, rule, _blamed(root, catalogue, text)) from None
    type_ = str(row[1]) if row else "nothing"
    if type_ not in ("BOOLEAN", '"NULL"'):
        raise _refused(f"a criterion is true or false; this is {type_}", text, rule, _position(root, text))


def _check_constants(nodes: list[Node], catalogue: Catalogue, text: str, rule: str) -> None:
    """Constants are of the type that they are compared with, dates exist: tried on a row where everything is known."""
    simple = [
        node
        for node in nodes
        if node["class"] in ("COMPARISON", "BETWEEN", "CAST") or node["type"] == "COMPARE_IN"
        if all(part["class"] == "CONSTANT" or _is_plain(node, part) for part in _below(node))
    ]
    for node in reversed(simple):  # the innermost first
        try:
            _parser().cursor().execute(f"SELECT {_render(node)} FROM {catalogue.sample_sql()}").fetchall()
        except duckdb.Error as error:
            raise _refused(_first_line(error), text, rule, _position(node, text)) from None


def _is_plain(node: Node, part: Node) -> bool:
    """An attribute as it stands, or a constant cast to a type; a cast of an attribute may fail for some customers."""
    if part["class"] == "COLUMN_REF":
        return bool(node["class"] != "CAST")
    return bool(part["class"] == "CAST" and part["child"]["class"] == "CONSTANT")


def _blamed(root: Node, catalogue: Catalogue, text: str) -> int:
    """Where the innermost part stands that fails by itself."""
    table = catalogue.unknown_sql()
    found, at = root, _position(root, text)
    while True:
        for part in _below(found):
            try:
                _parser().cursor().execute(f"SELECT ({_render(part)}) FROM {table}").fetchall()
            except duckdb.Error:
                found, at = part, _position(part, text)
                break
        else:
            return at


def _clause(node: Node) -> Clause:
    rendered = _render(node)
    return Clause(rendered, f"TRY({rendered})", _attributes(node))


def _attributes(node: Node) -> tuple[str, ...]:
    names: set[str] = set()
    pending = [node]
    while pending:
        found = pending.pop()
        if found["class"] == "COLUMN_REF":
            names.add(found["column_names"][0].lower())
        pending.extend(_below(found))
    return tuple(sorted(names))


def _position(node: Node, text: str) -> int:
    where = node.get("query_location")
    return _characters(text, where) if isinstance(where, int) else -1


def _characters(text: str, byte: int) -> int:
    """DuckDB counts bytes and the leading SELECT; people count characters of their own text."""
    return len(text.encode()[: max(0, byte - len(_LEAD))].decode(errors="ignore"))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("Binder Error: ").removeprefix("Conversion Error: ")
