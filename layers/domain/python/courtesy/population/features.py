"""Features: from the `snapshot` relation to one row per customer and division, and corporate, as of a date.

Everything is integers up to the value model, and every aggregate is of integers, so neither the order of rows nor the number
of threads or parts can change a figure. Transactions, contacts and cases after the date are left out.
"""

from datetime import date

import duckdb

from courtesy.population.catalogue import Attribute
from courtesy.population.rules import PopulationRules

YEAR = 365


def day_of(as_of: date) -> int:
    """Days since 1970-01-01."""
    return as_of.toordinal() - date(1970, 1, 1).toordinal()


def purchases_sql(as_of: date, rules: PopulationRules) -> str:
    """Statements that make `person` and `bought`, from which features and summaries are made.

    person: the snapshot's rows that may be segmented, numbered; bought: per person and division (and corporate) what the
    ledger comes to. A day counts as a purchase day if it has a purchase that is no return; two divisions on one day are one
    purchase day for corporate.
    """
    today = day_of(as_of)
    return f"""
CREATE OR REPLACE TEMP TABLE person AS
    SELECT (row_number() OVER ())::INTEGER AS who, * FROM snapshot WHERE NOT restricted;
CREATE OR REPLACE TEMP TABLE occasion AS
    WITH one AS (
        SELECT who, o.division AS division, o.day AS day, o.purchases AS purchases,
               {_money(rules)} AS amount, o.currency AS currency
        FROM (SELECT who, unnest(occasions) AS o FROM person) WHERE o.day <= {today})
    SELECT who, division, day, sum(coalesce(amount, 0))::BIGINT AS amount, sum(purchases)::INTEGER AS purchases,
           coalesce(sum(purchases) FILTER (amount IS NULL), 0)::INTEGER AS unconverted
    FROM one GROUP BY who, division, day;
CREATE OR REPLACE TEMP TABLE bought AS
    WITH everywhere AS (
        SELECT * FROM occasion
        UNION ALL
        SELECT who, 'corporate', day, sum(amount)::BIGINT, sum(purchases)::INTEGER, sum(unconverted)::INTEGER
        FROM occasion GROUP BY who, day)
    SELECT who, division,
           min(day) FILTER (purchases > 0) AS first_day, max(day) FILTER (purchases > 0) AS last_day,
           (count(*) FILTER (purchases > 0))::INTEGER AS purchase_days,
           sum(purchases)::INTEGER AS purchases,
           coalesce(sum(purchases) FILTER (day > {today - YEAR}), 0)::INTEGER AS purchases_12m,
           sum(amount)::BIGINT AS revenue,
           coalesce(sum(amount) FILTER (day > {today - YEAR}), 0)::BIGINT AS revenue_12m,
           coalesce(sum(amount) FILTER (day <= {today - YEAR} AND day > {today - 2 * YEAR}), 0)::BIGINT AS revenue_before,
           sum(unconverted)::INTEGER AS unconverted,
           coalesce(sum(amount) FILTER (purchases > 0) - arg_min(amount, day) FILTER (purchases > 0), 0)::BIGINT AS repeat_revenue
    FROM everywhere GROUP BY who, division;
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


def _permission(channel: str) -> str:
    matching = (
        f"[p.status FOR p IN permissions IF p.channel IN ('{channel}', '*') "
        "AND (p.division = '*' OR p.division = x.division)]"
    )
    return f"""CASE WHEN len(permissions) = 0 THEN NULL
            WHEN list_contains({matching}, 'withdrawn') THEN 'withdrawn'
            WHEN list_contains({matching}, 'granted') THEN 'granted' END AS {channel}_permission"""


def _counted(name: str, column: str, today: int, figures: str) -> str:
    """A relation per person and division, and corporate over all, of a nested column `e`; `own` is a division's share."""
    return f"""
CREATE OR REPLACE TEMP TABLE {name} AS
    WITH one AS (SELECT who, unnest({column}) AS e FROM person WHERE len({column}) > 0),
    scoped AS (SELECT who, e.division AS division, e FROM one WHERE e.division NOT IN ('', '*', 'corporate')
               UNION ALL SELECT who, 'corporate', e FROM one)
    SELECT who, division, {figures} FROM scoped GROUP BY who, division;
""".replace("$today", str(today))


def features_sql(as_of: date, rules: PopulationRules, custom: tuple[Attribute, ...] = ()) -> str:
    """Statements that make `feature` after `purchases_sql`: all attributes but scores, model and segments."""
    today, market = day_of(as_of), rules.market
    costs = " ".join(f"WHEN '{c}' THEN {cost}" for c, cost in sorted(rules.costs.contact.items()))
    priced = f"CASE e.channel {costs} ELSE 0 END" if costs else "0"
    year = f"BETWEEN {today - YEAR + 1} AND {today}"
    custom_columns = "".join(f', p."{a.name}"' for a in custom)
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
CREATE OR REPLACE TEMP TABLE ledger AS
    WITH one AS (SELECT who, unnest(ledgers) AS l FROM person WHERE len(ledgers) > 0)
    SELECT who, l.division AS division, l.last_service AS last_service, l.dealer AS dealer FROM one
    UNION ALL
    SELECT who, 'corporate', max(l.last_service), arg_min(l.dealer, l.division) FILTER (l.dealer IS NOT NULL) FROM one GROUP BY who;
CREATE OR REPLACE TEMP TABLE place AS
    SELECT who, c.division AS division, c.lifecycle AS lifecycle, c.sub_segment AS sub_segment, c.value_tier AS value_tier,
           c.since AS since
    FROM (SELECT who, unnest(places) AS c FROM person WHERE len(places) > 0);
CREATE OR REPLACE TEMP TABLE scope AS
    SELECT who, division FROM ledger UNION SELECT who, division FROM cased UNION SELECT who, division FROM reached
    UNION SELECT who, division FROM called UNION SELECT who, division FROM replied UNION SELECT who, division FROM owned
    UNION SELECT who, division FROM place UNION SELECT who, 'corporate' FROM person;
CREATE OR REPLACE TEMP TABLE feature AS
    WITH joined AS (
        SELECT p.customer_id, x.division, DATE '{as_of.isoformat()}' AS as_of, p.who,
            c.lifecycle AS previous_lifecycle, c.sub_segment AS previous_sub_segment, c.value_tier AS previous_value_tier,
            c.since AS place_since, ({today} - c.since)::INTEGER AS days_in_place,
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
            {_permission("email")}, {_permission("letter")}, {_permission("postcard")}, {_permission("sms")},
            p.born, p.country, p.postcode_prefix, p."language", p.has_email, p.has_phone, p.has_address,
            p.source_records{custom_columns}
        FROM scope x JOIN person p USING (who)
        LEFT JOIN bought b ON b.who = x.who AND b.division = x.division
        LEFT JOIN ledger l ON l.who = x.who AND l.division = x.division
        LEFT JOIN cased k ON k.who = x.who AND k.division = x.division
        LEFT JOIN reached t ON t.who = x.who AND t.division = x.division
        LEFT JOIN called i ON i.who = x.who AND i.division = x.division
        LEFT JOIN replied r ON r.who = x.who AND r.division = x.division
        LEFT JOIN owned a ON a.who = x.who AND a.division = x.division
        LEFT JOIN place c ON c.who = x.who AND c.division = x.division),
    dated AS (
        SELECT *, (count(*) OVER (PARTITION BY who) - 1)::INTEGER AS divisions,
            {_date("first_day")} AS first_purchase_date, {_date("last_day")} AS last_purchase_date,
            {_date("next_day")} AS next_purchase_date, ({"next_day"} - {today})::INTEGER AS days_to_next_purchase,
            {_date("since_day")} AS asset_since, ({today} - since_day)::INTEGER AS asset_age_days,
            {_date("end_day")} AS lease_end, (end_day - {today})::INTEGER AS days_to_lease_end,
            date_diff('year', born, as_of) - (strftime(born, '%m%d') > strftime(as_of, '%m%d'))::INTEGER AS years,
            born + to_years((date_diff('year', born, as_of))::INTEGER) AS this_year
        FROM joined),
    born_on AS (SELECT *, CASE WHEN years BETWEEN 0 AND 130 THEN years::INTEGER END AS age,
        CASE WHEN this_year - as_of::TIMESTAMP > to_days(183) THEN (born + to_years((date_diff('year', born, as_of) - 1)::INTEGER))::DATE
             WHEN as_of::TIMESTAMP - this_year > to_days(183) THEN (born + to_years((date_diff('year', born, as_of) + 1)::INTEGER))::DATE
             ELSE this_year::DATE END AS birthday,
        (coalesce(days_to_lease_end BETWEEN 0 AND {market.lease_ends_within_days}, false)
         OR coalesce({today} - vehicle_since BETWEEN {market.vehicle_age_from_days} AND {market.vehicle_age_until_days}, false)
         OR coalesce(abs(days_to_next_purchase) <= {market.next_purchase_within_days}, false)) AS in_market
        FROM dated)
    SELECT *, (birthday - as_of)::INTEGER AS days_to_birthday FROM born_on;
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
    """Run the statements; the connection has a relation `snapshot` and afterwards `person`, `bought` and `feature`."""
    connection.execute(purchases_sql(as_of, rules))
    held = {row[0] for row in connection.execute("DESCRIBE snapshot").fetchall()}
    connection.execute(features_sql(as_of, rules, tuple(a for a in custom if a.name in held)))
    for a in custom:
        if a.name not in held:
            # declared after the snapshot was taken: unknown of everybody
            connection.execute(f'ALTER TABLE feature ADD COLUMN "{a.name}" {a.type}')
