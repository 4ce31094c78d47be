"""Features: from the `snapshot` relation to one row per customer and division, and corporate, as of a date.

Each nested column becomes a narrow relation by place (see `ledger.py`); `feature` is a view that looks them up for every place, so
wide rows exist only where they are written, and only what is asked for is worked out. Transactions, contacts and cases after the
date are left out.
"""

from datetime import date

import duckdb

from courtesy.population.catalogue import Attribute
from courtesy.population.ledger import CORPORATE_PLACE, OWN, SHIFT, YEAR, day_of, place_of, purchases_sql
from courtesy.population.rules import PopulationRules
from courtesy.population.scores import CORPORATE

CHANNELS = ("email", "letter", "postcard", "sms")


def _asked(status: str) -> str:
    """A bit per channel for which a permission `p` has that status."""
    shift = {"withdrawn": 0, "granted": len(CHANNELS)}[status]
    bits = " | ".join(
        f"CASE WHEN p.channel IN ('{channel}', '*') THEN {1 << number + shift} ELSE 0 END"
        for number, channel in enumerate(CHANNELS)
    )
    return f"CASE WHEN p.status = '{status}' THEN {bits} ELSE 0 END"


def _permission(number: int, channel: str) -> str:
    return (
        f"CASE WHEN asked & {1 << number} > 0 THEN 'withdrawn' "
        f"WHEN asked & {1 << number + len(CHANNELS)} > 0 THEN 'granted' END AS {channel}_permission"
    )


def _counted(name: str, column: str, today: int, figures: str) -> str:
    """A relation by place of a nested column `e`, and corporate over all."""
    return f"""
CREATE OR REPLACE TEMP TABLE {name} AS
    WITH one AS (SELECT who, unnest({column}) AS e FROM person WHERE len({column}) > 0),
    placed AS (SELECT {place_of("k")}, e FROM one
               LEFT JOIN numbered n ON n.division = e.division AND n.division <> '{CORPORATE}'),
    scoped AS (SELECT k, e FROM placed WHERE {OWN} UNION ALL SELECT {CORPORATE_PLACE}, e FROM placed)
    SELECT k, {figures} FROM scoped GROUP BY k;
""".replace("$today", str(today))


def _facts_sql(today: int, rules: PopulationRules) -> str:
    costs = " ".join(f"WHEN '{c}' THEN {cost}" for c, cost in sorted(rules.costs.contact.items()))
    priced = f"CASE e.channel {costs} ELSE 0 END" if costs else "0"
    year = f"BETWEEN {today - YEAR + 1} AND {today}"
    return (
        _counted(
            "cased",
            "cases",
            today,
            "(count(*) FILTER (e.open AND e.opened <= $today))::INTEGER AS open_cases, "
            "(count(*) FILTER (NOT e.open AND e.closed BETWEEN $today - 89 AND $today))::INTEGER AS closed_cases_90d, "
            "max(e.opened) FILTER (e.opened <= $today) AS last_case, "
            f"(count(*) FILTER (e.opened {year}))::INTEGER AS cases_12m",
        )
        + _counted(
            "reached",
            "contacts",
            today,
            "(count(*) FILTER (e.day BETWEEN $today - 29 AND $today))::INTEGER AS contacts_30d, "
            "(count(*) FILTER (e.day BETWEEN $today - 89 AND $today))::INTEGER AS contacts_90d, "
            "max(e.day) FILTER (e.day <= $today) AS last_contact, "
            f"coalesce(sum({priced}) FILTER (e.day {year}), 0)::BIGINT AS contact_cost",
        )
        + _counted(
            "called",
            "inbound",
            today,
            "(count(*) FILTER (e.day BETWEEN $today - 89 AND $today))::INTEGER AS interactions_90d, "
            f"(count(*) FILTER (e.day {year}))::INTEGER AS interactions_12m",
        )
        + _counted(
            "replied",
            "replies",
            today,
            "(count(*) FILTER (e.day BETWEEN $today - 89 AND $today))::INTEGER AS responses_90d",
        )
        + _counted(
            "owned",
            "assets",
            today,
            "count(*)::INTEGER AS assets, "
            "arg_max(e.model, {'since': coalesce(e.since, -1000000), 'model': coalesce(e.model, '')}) AS asset_model, "
            "max(e.since) AS asset_since, "
            "max(e.since) FILTER (e.type = 'vehicle') AS vehicle_since, "
            "coalesce(min(e.ends) FILTER (e.ends >= $today), max(e.ends)) AS lease_end",
        )
        + f"""
CREATE OR REPLACE TEMP TABLE kept AS
    WITH one AS (SELECT who, unnest(ledgers) AS l FROM person WHERE len(ledgers) > 0),
    placed AS (SELECT {place_of("k")}, l.last_service AS last_service, l.dealer AS dealer FROM one
               LEFT JOIN numbered n ON n.division = l.division AND n.division <> '{CORPORATE}')
    SELECT k, last_service, dealer FROM placed WHERE {OWN}
    UNION ALL
    SELECT {CORPORATE_PLACE} AS corporate, max(last_service), arg_min(dealer, k) FILTER (dealer IS NOT NULL) FROM placed GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE held AS
    SELECT {place_of("k")}, c.lifecycle AS lifecycle, c.sub_segment AS sub_segment, c.value_tier AS value_tier, c.since AS since
    FROM (SELECT who, unnest(places) AS c FROM person WHERE len(places) > 0) JOIN numbered n ON n.division = c.division;
CREATE OR REPLACE TEMP TABLE allowed AS
    WITH one AS (SELECT who, unnest(permissions) AS p FROM person WHERE len(permissions) > 0)
    SELECT {place_of("k")}, bit_or({_asked("withdrawn")} | {_asked("granted")})::INTEGER AS asked
    FROM one LEFT JOIN numbered n ON n.division = p.division WHERE n.number IS NOT NULL OR p.division = '*' GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE scope AS
    WITH found AS (
        SELECT k FROM kept UNION SELECT k FROM cased UNION SELECT k FROM reached UNION SELECT k FROM called
        UNION SELECT k FROM replied UNION SELECT k FROM owned UNION SELECT k FROM held
        UNION SELECT (who << {SHIFT}) + (SELECT number FROM numbered WHERE division = '{CORPORATE}') FROM person)
    SELECT k, k >> {SHIFT} AS who, k & ((1 << {SHIFT}) - 1) AS number FROM found;
CREATE OR REPLACE TEMP TABLE breadth AS
    SELECT who, (count(*) - 1)::INTEGER AS divisions FROM scope GROUP BY who;
"""
    )


def features_sql(as_of: date, rules: PopulationRules, custom: tuple[Attribute, ...] = ()) -> str:
    """Statements that make `feature` after `purchases_sql`: all attributes but scores, model and segments."""
    today, market = day_of(as_of), rules.market
    custom_columns = "".join(f', "{a.name}"' for a in custom)
    return (
        _facts_sql(today, rules)
        + f"""
CREATE OR REPLACE TEMP VIEW individual AS
    WITH dated AS (
        SELECT *, DATE '{as_of.isoformat()}' AS as_of, date_diff('year', born, DATE '{as_of.isoformat()}') AS passed FROM person),
    born_on AS (
        SELECT *, passed - (strftime(born, '%m%d') > strftime(as_of, '%m%d'))::INTEGER AS years,
            born + to_years(passed::INTEGER) AS this_year FROM dated)
    SELECT who, customer_id, as_of, CASE WHEN years BETWEEN 0 AND 130 THEN years::INTEGER END AS age,
        CASE WHEN this_year - as_of::TIMESTAMP > to_days(183) THEN (born + to_years((passed - 1)::INTEGER))::DATE
             WHEN as_of::TIMESTAMP - this_year > to_days(183) THEN (born + to_years((passed + 1)::INTEGER))::DATE
             ELSE this_year::DATE END AS birthday,
        country, postcode_prefix, "language", has_email, has_phone, has_address, source_records{custom_columns}
    FROM born_on;
CREATE OR REPLACE TEMP VIEW feature AS
    WITH joined AS (
        SELECT p.*, d.division, w.divisions,
            c.lifecycle AS previous_lifecycle, c.sub_segment AS previous_sub_segment, c.value_tier AS previous_value_tier,
            ({today} - c.since)::INTEGER AS days_in_place,
            b.first_day, b.last_day, ({today} - b.first_day)::INTEGER AS tenure_days,
            ({today} - b.last_day)::INTEGER AS days_since_purchase,
            coalesce(b.purchase_days, 0) AS purchase_days, coalesce(b.purchases, 0) AS purchases,
            coalesce(b.purchases_12m, 0) AS purchases_12m, coalesce(b.revenue, 0) AS revenue,
            coalesce(b.revenue_12m, 0) AS revenue_12m,
            CASE WHEN b.purchase_days > 0 THEN
                round(b.revenue::DECIMAL(36, 4) / b.purchase_days::DECIMAL(18, 0))::BIGINT END AS average_order,
            CASE WHEN b.revenue_before > 0 THEN b.revenue_12m / b.revenue_before::DOUBLE END AS trend,
            coalesce(b.unconverted, 0) AS unconverted_purchases, coalesce(b.repeat_revenue, 0) AS repeat_revenue,
            CASE WHEN b.purchase_days > 1 THEN (b.last_day - b.first_day) / (b.purchase_days - 1)::DOUBLE END AS mean_interval_days,
            CASE WHEN b.purchase_days > 1 THEN
                b.last_day + ((b.last_day - b.first_day + b.purchase_days - 2) // (b.purchase_days - 1))::INTEGER END AS next_day,
            coalesce(k.open_cases, 0) AS open_cases, coalesce(k.closed_cases_90d, 0) AS closed_cases_90d,
            ({today} - k.last_case)::INTEGER AS days_since_case, coalesce(k.cases_12m, 0) AS cases_12m,
            coalesce(t.contacts_30d, 0) AS contacts_30d, coalesce(t.contacts_90d, 0) AS contacts_90d,
            ({today} - t.last_contact)::INTEGER AS days_since_contact, coalesce(t.contact_cost, 0) AS contact_cost,
            coalesce(r.responses_90d, 0) AS responses_90d, coalesce(i.interactions_90d, 0) AS interactions_90d,
            coalesce(i.interactions_12m, 0) AS interactions_12m,
            coalesce(a.assets, 0) AS assets, a.asset_model, a.asset_since AS since_day, a.vehicle_since, a.lease_end AS end_day,
            CASE WHEN l.last_service <= {today} THEN ({today} - l.last_service)::INTEGER END AS days_since_service, l.dealer,
            coalesce(y.asked, 0) | coalesce(z.asked, 0) AS asked
        FROM scope x JOIN numbered d ON d.number = x.number JOIN individual p ON p.who = x.who JOIN breadth w ON w.who = x.who
        LEFT JOIN bought b ON b.k = x.k LEFT JOIN kept l ON l.k = x.k LEFT JOIN cased k ON k.k = x.k
        LEFT JOIN reached t ON t.k = x.k LEFT JOIN called i ON i.k = x.k LEFT JOIN replied r ON r.k = x.k
        LEFT JOIN owned a ON a.k = x.k LEFT JOIN held c ON c.k = x.k
        LEFT JOIN allowed y ON y.k = x.k LEFT JOIN allowed z ON z.k = (x.who << {SHIFT}) + {(1 << SHIFT) - 1}),
    dated AS (
        SELECT * EXCLUDE (asked),
            {_date("first_day")} AS first_purchase_date, {_date("last_day")} AS last_purchase_date,
            {_date("next_day")} AS next_purchase_date, (next_day - {today})::INTEGER AS days_to_next_purchase,
            {_date("since_day")} AS asset_since, ({today} - since_day)::INTEGER AS asset_age_days,
            {_date("end_day")} AS lease_end, (end_day - {today})::INTEGER AS days_to_lease_end,
            (birthday - as_of)::INTEGER AS days_to_birthday,
            {", ".join(_permission(number, channel) for number, channel in enumerate(CHANNELS))}
        FROM joined)
    SELECT *,
        (coalesce(days_to_lease_end BETWEEN 0 AND {market.lease_ends_within_days}, false)
         OR coalesce({today} - vehicle_since BETWEEN {market.vehicle_age_from_days} AND {market.vehicle_age_until_days}, false)
         OR coalesce(abs(days_to_next_purchase) <= {market.next_purchase_within_days}, false)) AS in_market
    FROM dated;
"""
    )


def _date(column: str) -> str:
    return f"(DATE '1970-01-01' + {column})"


def make_features(
    connection: duckdb.DuckDBPyConnection,
    as_of: date,
    rules: PopulationRules,
    custom: tuple[Attribute, ...] = (),
) -> None:
    """Run the statements; the connection has a relation `snapshot` and afterwards `person`, `bought` and `feature`.

    A custom attribute that was declared after the snapshot was taken is unknown of everybody.
    """
    held = {row[0] for row in connection.execute("DESCRIBE snapshot").fetchall()}
    connection.execute(purchases_sql(as_of, rules))
    late = "".join(f', NULL::{a.type} AS "{a.name}"' for a in custom if a.name not in held)
    if late:
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW person AS SELECT *{late} FROM snapshot WHERE NOT restricted"
        )
    connection.execute(features_sql(as_of, rules, custom))
