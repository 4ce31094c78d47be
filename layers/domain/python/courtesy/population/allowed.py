"""What criteria may say: the allow-list of expression kinds, operators, functions and types, and the limits on size.

Each function here is pure: no clock, no chance, no files, no settings, no memory that grows with an argument; and none gives
"not a number", which DuckDB holds to be greater than every number.
"""

LONGEST = 4000
"""Characters of one criterion."""
MOST_NODES = 400
"""Nodes of its tree: attributes, constants, comparisons ..."""
DEEPEST = 40
"""Brackets inside brackets."""

FUNCTIONS = frozenset(
    {
        "+", "-", "*", "/", "//", "%", "~~", "!~~", "~~*", "!~~*", "||", "abs", "ceil", "floor",
        "round", "trunc", "sign", "greatest", "least", "lower", "upper",
        "length", "strip_accents", "trim", "contains", "starts_with", "ends_with", "prefix",
        "suffix", "left", "right", "regexp_matches", "year", "month", "day", "quarter", "week",
        "isodow", "dayofweek", "dayofyear", "date_diff", "datediff", "date_part", "date_trunc",
        "to_days", "to_weeks", "to_months", "to_years",
        "nullif", "if",
    }
)  # fmt: skip

OPERATORS = frozenset(
    {
        "OPERATOR_NOT",
        "OPERATOR_IS_NULL",
        "OPERATOR_IS_NOT_NULL",
        "OPERATOR_COALESCE",
        "OPERATOR_NULLIF",
        "COMPARE_IN",
        "COMPARE_NOT_IN",
    }
)

TYPES = frozenset({"BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "VARCHAR", "DATE"})

_PLACE = frozenset({"class", "type", "query_location", "query_location_length"})
KEYS_OF: dict[str, frozenset[str]] = {
    "COLUMN_REF": _PLACE | {"column_names"},
    "CONSTANT": _PLACE | {"literal", "value"},
    "COMPARISON": _PLACE | {"left", "right"},
    "CONJUNCTION": _PLACE | {"children"},
    "OPERATOR": _PLACE | {"children"},
    "BETWEEN": _PLACE | {"input", "lower", "upper"},
    "CASE": _PLACE | {"case_checks", "else_expr"},
    "CAST": _PLACE | {"child", "type_expr", "try_cast"},
    "FUNCTION": _PLACE | {"function_name", "arguments", "order_bys", "is_operator", "qualified_name"},
}
"""The kinds of node and what each may carry; anything else in DuckDB's tree is refused, now and in later versions."""


def brackets_too_deep(text: str) -> int:
    """Where brackets are nested deeper than DEEPEST, -1 where they are not; keeps the parser's own recursion small."""
    depth = 0
    for position, character in enumerate(text):
        if character in "([{":
            depth += 1
            if depth > DEEPEST:
                return position
        elif character in ")]}":
            depth -= 1
    return -1
