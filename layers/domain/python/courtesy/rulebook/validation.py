"""Checks that need DuckDB: every trigger's criteria against the catalogue, and those that can never or must always hold."""

import re

import duckdb

from courtesy.errors import RefusedInput
from courtesy.population.catalogue import Catalogue, catalogue_of
from courtesy.population.criteria import Criteria, check
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.problems import Problem

_MOST_COMBINATIONS = 300_000


def check_criteria(rulebook: Rulebook) -> list[Problem]:
    """Wrong criteria are errors; contradictions, and narrow-looking ones that every customer meets, are warnings."""
    catalogue = catalogue_of(rulebook.sources)
    problems = []
    with duckdb.connect(config={"threads": "1"}) as connection:
        for id_, trigger in sorted(rulebook.triggers.items()):
            where = ("triggers", id_, "criteria")
            try:
                criteria = check(trigger.criteria, catalogue, rule=f"triggers.{id_}.criteria")
            except RefusedInput as error:
                problems.append(Problem(where, str(error)))
                continue
            if _never(connection, criteria, catalogue):
                problems.append(
                    Problem(where, "can never hold: its clauses contradict each other", "warning")
                )
            elif trigger.kind == "cycle" and not criteria.attributes:
                problems.append(
                    Problem(where, "holds for every customer of the division in every cycle", "warning")
                )
            problems += _names(trigger.date_attribute, trigger.unknown_holds, catalogue, id_)
    return problems


def _never(connection: duckdb.DuckDBPyConnection, criteria: Criteria, catalogue: Catalogue) -> bool:
    """Whether no combination of telling values meets the criterion: those it names, their neighbours, and unknown.

    Comparisons with constants change their truth only there. Criteria of very many combinations, or that compare attributes
    with each other, are left in peace.
    """
    texts = sorted({text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", criteria.text)})
    bare = re.sub(r"'(?:[^']|'')*'", "", criteria.text)
    numbers = sorted({float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", bare)})
    near = sorted({n + step for n in [0.0, *numbers] for step in (-1, 0, 1)} | {-n for n in numbers})
    sources, combinations = [], 1
    parameters: dict[str, list[object]] = {}
    for name in criteria.attributes:
        type_ = catalogue.attribute(name).type
        if type_ in ("DATE", "DOUBLE"):
            return False
        values: list[object] = [None]
        if type_ == "BOOLEAN":
            values += [True, False]
        elif type_ == "VARCHAR":
            values += [*texts, "", "another"]
        else:
            values += [int(n) for n in near]
        combinations *= len(values)
        sources.append(f'(SELECT unnest(${name}::{type_}[]) AS "{name}")')
        parameters[name] = values
    if not sources or combinations > _MOST_COMBINATIONS:
        return False
    row = connection.execute(
        f"SELECT count(*) FROM {', '.join(sources)} WHERE {criteria.sql}",  # noqa: S608 - a checked criterion
        parameters,
    ).fetchone()
    return row is not None and row[0] == 0


def _names(date_attribute: str, unknown_holds: list[str], catalogue: Catalogue, id_: str) -> list[Problem]:
    problems = []
    named = [("date_attribute", date_attribute)] if date_attribute else []
    for field, name in [*named, *(("unknown_holds", name) for name in unknown_holds)]:
        try:
            attribute = catalogue.attribute(name)
        except RefusedInput as error:
            problems.append(Problem(("triggers", id_, field), str(error)))
            continue
        if field == "date_attribute" and attribute.type != "DATE":
            problems.append(Problem(("triggers", id_, field), f"{name!r} is {attribute.type}, expected DATE"))
    return problems
