"""Checks that need DuckDB: every trigger's criteria against the catalogue, and those that can never or must always hold."""

import re
from datetime import date, timedelta
from itertools import pairwise

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
            verdict = _told(connection, criteria, catalogue)
            if verdict == "never":
                problems.append(
                    Problem(where, "can never hold: its clauses contradict each other", "warning")
                )
            elif trigger.kind == "cycle" and (verdict == "always" or not criteria.attributes):
                problems.append(
                    Problem(where, "holds for every customer of the division in every cycle", "warning")
                )
            elif verdict == "always" and criteria.attributes:
                problems.append(Problem(where, "tells nobody apart: it holds whatever is known", "warning"))
            problems += _names(trigger.date_attribute, trigger.unknown_holds, catalogue, id_)
    return problems


def _told(connection: duckdb.DuckDBPyConnection, criteria: Criteria, catalogue: Catalogue) -> str:
    """`never` or `always` where no telling combination of values meets, or misses, the criterion; else nothing.

    Telling are the values that it names, their neighbours, and unknown (which an `always` may miss): comparisons with
    constants change their truth only there. Criteria of very many combinations are left in peace.
    """
    texts = sorted({text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", criteria.text)})
    bare = re.sub(r"'(?:[^']|'')*'", "", criteria.text)
    numbers = sorted({float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", bare)})
    named = sorted({0.0, *numbers, *(-n for n in numbers)})
    near = sorted({n + step for n in named for step in (-1, 0, 1)})
    between = [(low + high) / 2 for low, high in pairwise(named)]
    sources, known, combinations = [], [], 1
    parameters: dict[str, list[object]] = {}
    for name in criteria.attributes:
        type_ = catalogue.attribute(name).type
        values: list[object] = [None]
        if type_ == "BOOLEAN":
            values += [True, False]
        elif type_ == "VARCHAR":
            values += [*texts, "", "another"]
        elif type_ == "DATE":
            if re.search(r"[(+]|interval|current|today", bare.replace("(", " (").lower()):
                return ""  # dates that are reckoned, not written
            days = [date.fromisoformat(text) for text in texts if re.fullmatch(r"\d{4}-\d\d-\d\d", text)]
            if not days:
                return ""
            values += sorted({day + timedelta(days=step) for day in days for step in (-1, 0, 1)})
        elif type_ == "DOUBLE":
            values += sorted({*near, *between})
        else:
            values += sorted({int(n) for n in near})
        combinations *= len(values)
        sources.append(f'(SELECT unnest(${name}::{type_}[]) AS "{name}")')
        known.append(f'"{name}" IS NOT NULL')
        parameters[name] = values
    if not sources or combinations > _MOST_COMBINATIONS:
        return ""
    row = connection.execute(
        f"SELECT count(*) FILTER ({criteria.sql}), count(*) FILTER (({criteria.sql}) IS NOT TRUE AND {' AND '.join(known)}) "  # noqa: S608 - a checked criterion
        f"FROM {', '.join(sources)}",
        parameters,
    ).fetchone()
    met, missed = row or (1, 1)
    return "never" if met == 0 else "always" if missed == 0 else ""


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
