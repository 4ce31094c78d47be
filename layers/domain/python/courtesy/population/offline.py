"""The same models and scores on any file of transactions, without a stack: value fit and RFM.

A file is delimited text; the delimiter " " stands for any run of blanks. Columns are named by the header, or by number from 1
where there is none. Amounts have at most two decimals and become integers.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import duckdb

from courtesy.errors import RefusedFile, UnknownName
from courtesy.population.bgnbd import BuyingModel, expected_purchases, fit_buying
from courtesy.population.catalogue import Attribute, Catalogue
from courtesy.population.criteria import check
from courtesy.population.gamma_gamma import SpendModel, fit_spend
from courtesy.population.rules import Ladder
from courtesy.population.scores import PARTS, cut_points, score_sql

Unit = Literal["week", "day"]
DAYS: dict[str, int] = {"week": 7, "day": 1}


@dataclass(frozen=True)
class TextFile:
    """How a file of transactions is read. `date_format` is a strptime form, empty for ISO 8601."""

    path: Path
    delimiter: str = ","
    header: bool = True
    date_format: str = ""


@dataclass(frozen=True)
class Fitted:
    """Both models of a file, and how the calibration's customers went on. `actual` is None where the file ends before."""

    buying: BuyingModel
    spend: SpendModel | None
    expected: float | None
    actual: int | None


def fit_file(
    file: TextFile, customer: str, day: str, amount: str, calibration_end: date, unit: Unit = "week"
) -> Fitted:
    """Fit on what happened until `calibration_end`; several rows of a day are one purchase. Raises RefusedFile, UnknownName."""
    connection = _connection()
    _read_transactions(connection, file, customer, day, amount)
    connection.execute(
        "CREATE TEMP TABLE per_day AS SELECT customer, day, sum(amount) AS amount FROM transactions GROUP BY ALL"
    )
    end = f"DATE '{calibration_end.isoformat()}'"
    connection.execute(f"""
        CREATE TEMP TABLE history AS
        WITH first AS (SELECT customer, min(day) AS first FROM per_day GROUP BY customer)
        SELECT customer, count(*) - 1 AS x, (max(day) - first) / {DAYS[unit]}::DOUBLE AS t_x,
               ({end} - first) / {DAYS[unit]}::DOUBLE AS t,
               coalesce(sum(amount) FILTER (day > first), 0) / 100 AS s
        FROM per_day JOIN first USING (customer) WHERE day <= {end} GROUP BY customer, first ORDER BY customer""")
    buying, spend = _fit(connection, file, spend=bool(amount))
    last = connection.execute("SELECT max(day) FROM per_day").fetchone()
    if last is None or last[0] <= calibration_end:
        return Fitted(buying, spend, None, None)
    ahead = (last[0] - calibration_end).days / DAYS[unit]
    counted = connection.execute(
        f"SELECT count(*) FROM per_day WHERE day > {end} AND customer IN (SELECT customer FROM history)"
    ).fetchone()
    rows = connection.execute("SELECT x, t_x, t, n FROM collapsed").fetchall()
    expected = sum(n * expected_purchases(buying, x, last_at, age, ahead) for x, last_at, age, n in rows)
    return Fitted(buying, spend, expected, int(counted[0]) if counted else 0)


def fit_summary(file: TextFile, amount: str = "") -> Fitted:
    """Fit on a file that is already summarised: columns x, t_x, T, and `amount` for the mean of repeat purchases."""
    connection = _connection()
    columns = _columns(connection, file)
    x, t_x, t = (_column(columns, name, file) for name in ("x", "t_x", "T"))
    mean = _column(columns, amount, file) if amount else "0"
    _take(
        connection,
        file,
        f"CREATE TEMP TABLE history AS SELECT {x}::BIGINT AS x, {t_x}::DOUBLE AS t_x, {t}::DOUBLE AS t, "
        f"{x}::BIGINT * {mean}::DOUBLE AS s FROM lines",
    )
    return Fitted(*_fit(connection, file, spend=bool(amount)), None, None)


def _fit(
    connection: duckdb.DuckDBPyConnection, file: TextFile, *, spend: bool
) -> tuple[BuyingModel, SpendModel | None]:
    connection.execute(
        "CREATE TEMP TABLE collapsed AS SELECT x, t_x, t, count(*)::BIGINT AS n FROM history GROUP BY ALL ORDER BY ALL"
    )
    counted = connection.execute("SELECT count(*), count(*) FILTER (x > 0) FROM history").fetchone()
    if counted is None or counted[1] < 2:
        raise RefusedFile(
            "too_few",
            "fewer than two customers bought again before the end of the calibration",
            file=file.path.name,
        )
    connection.execute(
        "CREATE TEMP TABLE spending AS SELECT x, s, count(*)::BIGINT AS n FROM history WHERE x > 0 AND s > 0 GROUP BY ALL ORDER BY ALL"
    )
    return fit_buying(connection, "collapsed"), fit_spend(connection, "spending") if spend else None


@dataclass(frozen=True)
class Rfm:
    """Cut points in the file's units and, per segment in the ladder's order, customers, orders and revenue."""

    customers: int
    orders: int
    cuts: dict[str, list[float]]
    segments: list[dict[str, Any]]


RFM_CATALOGUE = Catalogue(
    (
        Attribute("r_score", "INTEGER", "1..5", "recency score", False, "r_score = 5"),
        Attribute("f_score", "INTEGER", "1..5", "frequency score", False, "f_score >= 3"),
        Attribute("m_score", "INTEGER", "1..5", "monetary score", False, "m_score IN (4, 5)"),
        Attribute(
            "days_since_purchase",
            "INTEGER",
            "days",
            "since the latest order",
            False,
            "days_since_purchase < 90",
        ),
        Attribute("purchases", "INTEGER", "orders", "number of orders", False, "purchases > 3"),
        Attribute("revenue", "DOUBLE", "the file's currency", "of all orders", False, "revenue > 500"),
    )
)
"""What the criteria of an RFM ladder may read."""


def rfm_file(
    file: TextFile, customer: str, day: str, amount: str, as_of: date, ladder: Ladder | None = None
) -> Rfm:
    """Quantile scores of recency, number of orders and revenue as of a date, and the ladder's segments.

    Orders after the date are ignored. Raises RefusedFile, UnknownName, RefusedRule.
    """
    connection = _connection()
    _read_transactions(connection, file, customer, day, amount)
    connection.execute(f"""
        CREATE TEMP TABLE base AS
        SELECT customer, (DATE '{as_of.isoformat()}' - max(day))::INTEGER AS days_since_purchase,
               count(*)::INTEGER AS purchases, sum(amount)::BIGINT AS cents
        FROM transactions WHERE day <= DATE '{as_of.isoformat()}' GROUP BY customer""")
    columns = {"r": ("days_since_purchase", 1), "f": ("purchases", 1), "m": ("cents", 100)}
    cuts = {
        kind: cut_points(
            connection.execute(
                f"SELECT {column}::BIGINT, count(*)::BIGINT FROM base GROUP BY ALL"
            ).fetchall(),
            step,
        )
        for kind, (column, step) in columns.items()
    }
    connection.execute(f"""
        CREATE TEMP TABLE scored AS
        SELECT customer, days_since_purchase, purchases, cents, cents / 100::DOUBLE AS revenue,
               {PARTS + 1} - {score_sql("days_since_purchase", cuts["r"])} AS r_score,
               {score_sql("purchases", cuts["f"])} AS f_score, {score_sql("cents", cuts["m"])} AS m_score
        FROM base""")
    total = connection.execute(
        "SELECT count(*), coalesce(sum(purchases), 0)::BIGINT FROM base"
    ).fetchone() or (0, 0)
    shown = {kind: [cut / PARTS / columns[kind][1] for cut in found] for kind, found in cuts.items()}
    return Rfm(int(total[0]), int(total[1]), shown, _placed(connection, ladder) if ladder else [])


def _placed(connection: duckdb.DuckDBPyConnection, ladder: Ladder) -> list[dict[str, Any]]:
    whens = " ".join(
        f"WHEN {check(rule.criteria, RFM_CATALOGUE, rule=rule.name).sql} THEN '{rule.name}'"
        for rule in ladder.rules
    )
    found = {
        name: (customers, orders, revenue)
        for name, customers, orders, revenue in connection.execute(f"""
            SELECT CASE {whens} ELSE '{ladder.default}' END AS name, count(*), sum(purchases)::BIGINT, sum(cents)::BIGINT / 100
            FROM scored GROUP BY name""").fetchall()
    }
    return [
        {"segment": name, "customers": n, "orders": orders, "revenue": revenue}
        for name in ladder.names
        for n, orders, revenue in [found.get(name, (0, 0, 0.0))]
    ]


def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": "1", "autoinstall_known_extensions": "false"})


def _read_transactions(
    connection: duckdb.DuckDBPyConnection, file: TextFile, customer: str, day: str, amount: str
) -> None:
    columns = _columns(connection, file)
    text = f"trim({_column(columns, day, file)})"
    parsed = (
        f"try_strptime({text}, '{_quoted(file.date_format)}')::DATE"
        if file.date_format
        else f"TRY_CAST({text} AS DATE)"
    )
    money = (
        f"round(TRY_CAST({_column(columns, amount, file)} AS DECIMAL(18, 4)) * 100)::BIGINT"
        if amount
        else "0"
    )
    _take(
        connection,
        file,
        f"CREATE TEMP TABLE transactions AS SELECT {_column(columns, customer, file)} AS customer, {parsed} AS day, "
        f"{money} AS amount, line FROM lines",
    )
    bad = connection.execute(
        "SELECT line, day IS NULL FROM transactions WHERE day IS NULL OR amount IS NULL ORDER BY line LIMIT 1"
    ).fetchone()
    if bad is not None:
        column, form = (day, file.date_format or "2026-11-30") if bad[1] else (amount, "a number")
        raise RefusedFile(
            "value", f"the value is not {form}", file=file.path.name, line=int(bad[0]), column=column
        )


def _columns(connection: duckdb.DuckDBPyConnection, file: TextFile) -> dict[str, str]:
    """Makes `lines`, the file as text; returns the expression of each column by its name or number."""
    if not file.path.is_file():
        raise RefusedFile("missing", "there is no such file", file=str(file.path))
    path = _quoted(str(file.path))
    if file.delimiter.strip(" ") == "":
        connection.execute(
            "CREATE TEMP TABLE lines AS SELECT regexp_split_to_array(trim(column0), ' +') AS cells, row_number() OVER () AS line "
            f"FROM read_csv('{path}', delim='\x01', quote='', header=false, columns={{'column0': 'VARCHAR'}})"
        )
        width = connection.execute("SELECT len(cells) FROM lines LIMIT 1").fetchone()
        names = [str(number + 1) for number in range(width[0] if width else 0)]
        if file.header:
            head = connection.execute("SELECT cells FROM lines WHERE line = 1").fetchone()
            names = list(head[0]) if head else []
            connection.execute("DELETE FROM lines WHERE line = 1")
        return {name: f"cells[{number + 1}]" for number, name in enumerate(names)}
    relation = (
        f"read_csv('{path}', delim='{_quoted(file.delimiter)}', quote='\"', header={str(file.header).lower()}, "
        "all_varchar=true)"
    )
    _take(
        connection,
        file,
        f"CREATE TEMP VIEW lines AS SELECT *, row_number() OVER () + {int(file.header)} AS line FROM {relation}",
    )
    found = [row[0] for row in connection.execute("DESCRIBE lines").fetchall()][:-1]
    names = found if file.header else [str(number + 1) for number in range(len(found))]
    return {name: '"' + column.replace('"', '""') + '"' for name, column in zip(names, found, strict=True)}


def _take(connection: duckdb.DuckDBPyConnection, file: TextFile, statement: str) -> None:
    """Run a statement that reads the file. Raises RefusedFile where it has not the form of one."""
    try:
        connection.execute(statement)
    except duckdb.Error as error:
        raise RefusedFile("shape", str(error).splitlines()[0], file=file.path.name) from None


def _column(columns: dict[str, str], name: str, file: TextFile) -> str:
    if name not in columns:
        raise UnknownName(f"column of {file.path.name}", name, columns)
    return columns[name]


def _quoted(text: str) -> str:
    return text.replace("'", "''")
