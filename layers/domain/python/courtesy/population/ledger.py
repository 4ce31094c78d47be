"""What was bought: from the snapshot's ledgers to one row of figures per customer and division, and corporate.

Everything is integers and every aggregate is of integers, so neither the order of rows nor the number of threads or parts can
change a figure. A place `k` is a customer's number and a division's number in one integer: joins and groups by it are cheap, and
its order is that of (customer, division).
"""

from datetime import date

from courtesy.population.rules import PopulationRules
from courtesy.population.scores import CORPORATE

YEAR = 365
SHIFT = 16
NOWHERE = (1 << SHIFT) - 1
"""The number of what belongs to no division: it counts for corporate alone."""

NESTED = ("ledgers", "cases", "contacts", "inbound", "replies", "assets", "places")
"""The snapshot's columns whose elements have a division."""


def day_of(as_of: date) -> int:
    """Days since 1970-01-01."""
    return as_of.toordinal() - date(1970, 1, 1).toordinal()


def place_of(name: str) -> str:
    """The place of (`who`, that division's name); `numbered` is joined as n."""
    return f"((who << {SHIFT}) + coalesce(n.number, {NOWHERE})) AS {name}"


CORPORATE_PLACE = (
    f"((k >> {SHIFT} << {SHIFT}) + (SELECT number FROM numbered WHERE division = '{CORPORATE}'))"
)
"""The place of the same customer in corporate."""

OWN = f"(k & {NOWHERE}) <> {NOWHERE}"
"""The place is in a division."""


def purchases_sql(as_of: date, rules: PopulationRules) -> str:
    """Statements that make `person`, `numbered` and `bought` of `snapshot`; features and summaries are made of them.

    person: who may be segmented; numbered: the divisions by name, corporate among them; bought: what a ledger comes to. A day
    counts as a purchase day if it has a purchase that is no return; two divisions on one day are one purchase day for corporate.
    """
    today = day_of(as_of)
    names = " UNION ".join(f"SELECT unnest({column}).division AS division FROM person" for column in NESTED)
    return f"""
CREATE OR REPLACE TEMP VIEW person AS SELECT * FROM snapshot WHERE NOT restricted;
CREATE OR REPLACE TEMP TABLE numbered AS
    SELECT division, (row_number() OVER (ORDER BY division) - 1)::BIGINT AS number
    FROM (SELECT division FROM ({names}) WHERE division NOT IN ('', '*') UNION SELECT '{CORPORATE}');
CREATE OR REPLACE TEMP TABLE occasion AS
    WITH kept AS (SELECT who, unnest(ledgers) AS l FROM person WHERE len(ledgers) > 0),
    placed AS (SELECT {place_of("k")}, unnest(l.occasions) AS o FROM kept
               LEFT JOIN numbered n ON n.division = l.division AND n.division <> '{CORPORATE}'),
    one AS (SELECT k, o.day AS day, o.purchases AS purchases, {_money(rules)} AS amount FROM placed WHERE o.day <= {today})
    SELECT k, day, sum(coalesce(amount, 0))::BIGINT AS amount, sum(purchases)::INTEGER AS purchases,
           coalesce(sum(purchases) FILTER (amount IS NULL), 0)::INTEGER AS unconverted
    FROM one GROUP BY k, day;
CREATE OR REPLACE TEMP TABLE bought AS
    WITH everywhere AS (
        SELECT * FROM occasion WHERE {OWN}
        UNION ALL
        SELECT {CORPORATE_PLACE} AS k, day, sum(amount)::BIGINT, sum(purchases)::INTEGER, sum(unconverted)::INTEGER
        FROM occasion GROUP BY ALL)
    SELECT k, min(day) FILTER (purchases > 0) AS first_day, max(day) FILTER (purchases > 0) AS last_day,
           (count(*) FILTER (purchases > 0))::INTEGER AS purchase_days,
           sum(purchases)::INTEGER AS purchases,
           coalesce(sum(purchases) FILTER (day > {today - YEAR}), 0)::INTEGER AS purchases_12m,
           sum(amount)::BIGINT AS revenue,
           coalesce(sum(amount) FILTER (day > {today - YEAR}), 0)::BIGINT AS revenue_12m,
           coalesce(sum(amount) FILTER (day <= {today - YEAR} AND day > {today - 2 * YEAR}), 0)::BIGINT AS revenue_before,
           sum(unconverted)::INTEGER AS unconverted,
           coalesce(sum(amount) FILTER (purchases > 0) - arg_min(amount, day) FILTER (purchases > 0), 0)::BIGINT AS repeat_revenue
    FROM everywhere GROUP BY k;
"""


def _money(rules: PopulationRules) -> str:
    """An occasion's amount in minor units of the reporting currency, NULL where there is no rate; halves away from zero."""
    cases = [f"WHEN '{rules.reporting_currency}' THEN o.amount"]
    for currency, rate in sorted(rules.currency_rates.items()):
        if currency != rules.reporting_currency:
            cases.append(
                f"WHEN '{currency}' THEN round(o.amount::DECIMAL(18, 0) * {rate:f}::DECIMAL(18, 8))::BIGINT"
            )
    return f"CASE o.currency {' '.join(cases)} END"
