"""Criteria: what may be said, what may not, and how the refusal reads."""

import duckdb
import pytest

from courtesy.errors import RefusedRule, UnknownName
from courtesy.population.catalogue import SHIPPED, Catalogue
from courtesy.population.criteria import UnknownAttribute, check, clauses

CATALOGUE = Catalogue(SHIPPED)


@pytest.mark.parametrize("attribute", SHIPPED, ids=lambda a: str(a.name))
def test_the_example_of_every_attribute_is_a_criterion_that_uses_it(attribute: object) -> None:
    found = check(attribute.example, CATALOGUE, rule="example")  # type: ignore[attr-defined]
    assert attribute.name in found.attributes  # type: ignore[attr-defined]


def truth(text: str, **known: object) -> bool | None:
    """The criterion's truth for a customer of whom this is known and nothing else."""
    row = ", ".join(
        f'{known[a.name]!r}::{a.type} AS "{a.name}"' if a.name in known else f'NULL::{a.type} AS "{a.name}"'
        for a in CATALOGUE
    )
    found = (
        duckdb.connect()
        .execute(f"SELECT {check(text, CATALOGUE, rule='r').sql} FROM (SELECT {row})")
        .fetchall()
    )
    return found[0][0]  # type: ignore[no-any-return]


def test_unknown_is_not_true_and_not_false() -> None:
    assert truth("revenue > 5", revenue=7) is True
    assert truth("revenue > 5", revenue=3) is False
    assert truth("revenue > 5") is None
    assert truth("revenue > 5 OR lifecycle = 'new'", lifecycle="new") is True
    assert truth("coalesce(revenue, 0) > 5") is False


def test_what_cannot_be_computed_is_unknown_for_that_customer() -> None:
    assert truth("revenue * 9000000000 > 1", revenue=9_000_000_000) is None
    assert truth("revenue_12m / revenue > 1", revenue=0, revenue_12m=0) is None
    assert truth("revenue_12m % revenue > 1", revenue=0, revenue_12m=5) is None
    assert truth("revenue_12m / (revenue / 2) = 2", revenue=5, revenue_12m=5) is True
    assert truth("CAST(postcode_prefix AS INTEGER) > 3", postcode_prefix="K1A") is None


def test_comments_change_nothing_and_do_not_get_through() -> None:
    found = check("age > 1 -- OR true\n AND /* no */ age < 9", CATALOGUE, rule="r")
    assert "no" not in found.sql
    assert "--" not in found.sql
    assert [clause.text for clause in found.clauses] == ["(age > 1)", "(age < 9)"]


def test_clauses_are_the_parts_that_must_all_hold() -> None:
    parts = clauses("lifecycle = 'lapsed' AND (age < 3 OR age > 5) AND open_cases = 0", CATALOGUE, rule="r")
    assert [part.attributes for part in parts] == [("lifecycle",), ("age",), ("open_cases",)]


FORBIDDEN = [
    "(SELECT 1) = 1", "EXISTS (SELECT 1)", "age IN (SELECT 1)", "age = ANY (SELECT 1)", "age = ANY ([1])",
    "read_csv('x') IS NULL", "read_text('/etc/passwd') = 'x'", "age IN (FROM read_csv('x'))", "getenv('HOME') = 'x'", "sqrt(age) > 1", "ln(age) > 1",
    "current_setting('threads') = '1'", "getvariable('x') = 1", "nextval('s') > 1", "query('SELECT 1')", "query_table('t')",
    "age > 1; DROP TABLE t", "age > 1; SELECT 2", "; SELECT 1", "PRAGMA version", "ATTACH 'x.db'", "COPY t TO 'x'", "SET threads = 1",
    "INSTALL httpfs", "age FROM t", "age > 1 FROM read_parquet('x')", "true WHERE true", "true LIMIT 1", "true ORDER BY 1",
    "true GROUP BY 1", "true GROUP BY ALL", "true HAVING true", "true QUALIFY true", "true USING SAMPLE 1", "true UNION SELECT true",
    "DISTINCT true", "true AS t", "true, true", "*", "COLUMNS('a') > 1", "count(*) > 1", "sum(age) > 1", "sum(age) OVER () > 1",
    "row_number() OVER () = 1", "list_filter([1], x -> x > 1) = []", "lambda x: x", "[x FOR x IN [1]] = [1]", "{'a': 1}.a = 1",
    "struct_extract({'a': 1}, 'a') = 1", "MAP {'a': 1}['a'] = 1", "[1][1] = 1", "age[1] = 1", "unnest([1]) = 1", "$1 = age", "? = age",
    "#1", "main.abs(age) > 1", "age.abs() > 1", "system.main.abs(age) > 1", "random() < 0.5", "now() > birthday", "today() > birthday",
    "current_date > birthday", "current_user = 'x'", "version() = 'x'", "uuid() = 'x'", "error('x')", "TRY(age > 1)",
    "repeat('a', 1000000000) = 'x'", "lpad('a', 1000000000, 'b') = 'x'", "range(1000000000) IS NULL", "country COLLATE nocase = 'x'",
    "abs(DISTINCT age) > 1", "abs(age ORDER BY age) > 1", "abs(age) FILTER (age > 1) > 1", "age::HUGEINT > 1", "'x'::JSON IS NULL",
    "''::STRUCT(a INT) IS NULL", "VALUES (1)", "TABLE t", "FROM t", "WITH x AS (SELECT 1) SELECT 1", "(age, 1) = (1, 2)",
    "pg_typeof(age) = 'x'", "typeof(age) = 'x'", "hash(age) > 1", "regexp_replace(country, 'a', 'b') = 'x'", "format('{}', age) = 'x'",
    "\0", "not " * 900 + "true", "- " * 1900 + "age > 1", "(" * 3000 + "true" + ")" * 3000, "age + " * 900 + "age > 1",
    "CASE WHEN true THEN " * 150 + "true" + " END" * 150, " OR ".join(["age = 1"] * 300),
    "age IN (" + ",".join(map(str, range(900))) + ")",
]  # fmt: skip


@pytest.mark.parametrize("text", FORBIDDEN, ids=range(len(FORBIDDEN)))
def test_nothing_but_an_expression_over_the_catalogue_gets_through(text: str) -> None:
    with pytest.raises((RefusedRule, UnknownName)):
        check(text, CATALOGUE, rule="r")


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("lifecycle = 'lapsed' AND days_sinc_purchase > 3", 25, "did you mean 'days_since_purchase'?"),
        ("surname = 'ä' OR agee > 1", 0, "unknown attribute 'surname'"),
        ("country = 'ä' OR agee > 1", 17, "did you mean 'age'?"),
        ("age.b > 1", 0, "unknown attribute 'age.b'"),
    ],
)
def test_an_unknown_attribute_is_shown_with_a_caret_and_the_nearest_name(
    text: str, position: int, words: str
) -> None:
    with pytest.raises(UnknownAttribute) as refused:
        check(text, CATALOGUE, rule="triggers.welcome")
    assert refused.value.position == position
    message = str(refused.value)
    assert message.startswith("triggers.welcome: ")
    assert words in message
    assert message.splitlines()[-1].index("^") == position + 2
    assert message.splitlines()[-2] == f"  {text}"


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("age >", 4), ("age > 1 AND", 8), ("age > 1 AND lifecycle > 5", 12), ("birthday > DATE '2020-13-01'", 11), ("age", 0),
        ("age > 'x'", 0), ("in_market AND age = 'old'", 14), ("abs(lifecycle) > 1", 0), ("'", 0), ("", 0), ("  ", 0),
        ("age > 1\nAND\n  country = 5", 14),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused_where_it_stands(text: str, position: int) -> None:
    with pytest.raises(RefusedRule) as refused:
        check(text, CATALOGUE, rule="r")
    assert refused.value.position == position


def test_an_unknown_function_gets_the_nearest_name() -> None:
    with pytest.raises(RefusedRule, match="did you mean 'lower'"):
        check("lowr(country) = 'us'", CATALOGUE, rule="r")


def test_names_may_be_quoted_and_capitalised() -> None:
    found = check('year(birthday) = 2020 AND "age" > 1 AND AGE < 9', CATALOGUE, rule="r")
    assert found.attributes == ("age", "birthday")
