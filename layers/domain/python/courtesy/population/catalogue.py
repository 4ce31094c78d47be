"""The attribute catalogue: every name that criteria may use, with type, unit and meaning; the columns of a segments file.

One row of a segments file is a customer in one division, or in `corporate`, as of the cycle's date. Its columns are
`customer_id` and then the attributes below in this order, then the custom attributes that sources declare.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from courtesy.errors import UnknownName
from courtesy.intake.contract import FieldRule, SourceContract

AttributeType = Literal["BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "VARCHAR", "DATE"]
"""The DuckDB types that attributes have; money is BIGINT in minor units of the reporting currency."""

CUSTOM = "custom_"
"""What leads the name of a custom attribute: the source field `custom.colour` is the attribute `custom_colour`."""


@dataclass(frozen=True)
class Attribute:
    """One thing that is known of a customer.

    unit:            what the figure counts, empty for texts and truths
    division_scoped: it differs by division; otherwise it is the person's and the same in each of their rows
    example:         a criterion that uses it
    """

    name: str
    type: AttributeType
    unit: str
    meaning: str
    division_scoped: bool
    example: str


@dataclass(frozen=True)
class Catalogue:
    """The attributes in the order of the columns."""

    attributes: tuple[Attribute, ...]

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.attributes)

    @cached_property
    def by_name(self) -> Mapping[str, Attribute]:
        """Attributes by their names."""
        return {attribute.name: attribute for attribute in self.attributes}

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order of the columns."""
        return tuple(self.by_name)

    def attribute(self, name: str) -> Attribute:
        """The attribute of that name. Raises UnknownName with the nearest one."""
        if name not in self.by_name:
            raise UnknownName("attribute", name, self.names)
        return self.by_name[name]

    def without(self, names: Iterable[str]) -> "Catalogue":
        """The catalogue less some names: what may be read before those are known."""
        left_out = frozenset(names)
        return Catalogue(tuple(a for a in self.attributes if a.name not in left_out))

    def unknown_sql(self) -> str:
        """A relation of one row of whom nothing is known."""
        return (
            f"(SELECT {', '.join(f'NULL::{a.type} AS {chr(34)}{a.name}{chr(34)}' for a in self.attributes)})"
        )

    def sample_sql(self) -> str:
        """A relation of one row of whom everything is known."""
        return f"(SELECT {', '.join(f'{_SAMPLE[a.type]} AS {chr(34)}{a.name}{chr(34)}' for a in self.attributes)})"


_SAMPLE: dict[AttributeType, str] = {
    "BOOLEAN": "true",
    "INTEGER": "1::INTEGER",
    "BIGINT": "1::BIGINT",
    "DOUBLE": "1::DOUBLE",
    "VARCHAR": "'a'",
    "DATE": "DATE '2001-01-01'",
}


def catalogue_of(sources: Mapping[str, SourceContract]) -> Catalogue:
    """The shipped attributes and one for each custom field that a source contract declares.

    Where two sources declare the same custom field with different types, it is text.
    """
    return Catalogue(SHIPPED + tuple(custom_attributes(sources)))


def custom_attributes(sources: Mapping[str, SourceContract]) -> list[Attribute]:
    """The custom attributes that the sources' person fields `custom.<name>` declare, by name."""
    types: dict[str, set[AttributeType]] = {}
    for contract in sources.values():
        rules: dict[str, FieldRule] = dict(contract.person)
        if contract.record == "person":
            rules |= contract.fields
        for field, rule in rules.items():
            if field.startswith("custom."):
                types.setdefault(field.removeprefix("custom."), set()).add(_COLUMN_OF[rule.type or "text"])
    return [
        Attribute(
            CUSTOM + name,
            next(iter(found)) if len(found) == 1 else "VARCHAR",
            "",
            f"custom field {name!r} as a source states it",
            False,
            f"{CUSTOM}{name} IS NOT NULL",
        )
        for name, found in sorted(types.items())
    ]


_COLUMN_OF: dict[str, AttributeType] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DOUBLE",
    "money": "BIGINT",
    "date": "DATE",
    "timestamp": "VARCHAR",
    "boolean": "BOOLEAN",
    "email": "VARCHAR",
    "phone": "VARCHAR",
    "country": "VARCHAR",
}


def _rows(scoped: bool, text: str) -> Iterator[Attribute]:
    for line in text.strip().splitlines():
        name, type_, unit, meaning, example = (part.strip() for part in line.split("|"))
        yield Attribute(name, type_, unit, meaning, scoped, example)  # type: ignore[arg-type]


_SCOPED = """
division                | VARCHAR | | division of the row, or corporate | division = 'corporate'
lifecycle               | VARCHAR | | prospect, new, returning or lapsed, by the rulebook's criteria | lifecycle = 'lapsed'
sub_segment             | VARCHAR | | sub-segment of the lifecycle; empty for prospects and new customers | sub_segment IN ('champion', 'loyal')
value_tier              | VARCHAR | | high_performance, high_potential, standard or below_zero | value_tier <> 'below_zero'
previous_lifecycle      | VARCHAR | | lifecycle before this cycle; unknown the first time | previous_lifecycle = 'new'
previous_sub_segment    | VARCHAR | | sub-segment before this cycle | previous_sub_segment = 'slipping'
previous_value_tier     | VARCHAR | | value tier before this cycle | previous_value_tier = 'standard'
days_in_place           | INTEGER | days | days since the customer came to the place held before this cycle | days_in_place >= 90
first_purchase_date     | DATE | | day of the first purchase (UTC) | first_purchase_date >= DATE '2024-01-01'
last_purchase_date      | DATE | | day of the latest purchase (UTC) | last_purchase_date < DATE '2024-01-01'
tenure_days             | INTEGER | days | since the first purchase | tenure_days > 365
days_since_purchase     | INTEGER | days | since the latest purchase; unknown where there is none | days_since_purchase BETWEEN 150 AND 180
purchase_days           | INTEGER | days | days with at least one purchase (frequency) | purchase_days >= 3
purchases               | INTEGER | purchases | transactions that are no returns | purchases > 5
purchases_12m           | INTEGER | purchases | of the last 365 days | purchases_12m = 0
revenue                 | BIGINT | minor units | net of returns, in the reporting currency | revenue > 100000
revenue_12m             | BIGINT | minor units | of the last 365 days, net of returns | revenue_12m < 0
average_order           | BIGINT | minor units | revenue per purchase day, rounded half away from zero | average_order >= 50000
trend                   | DOUBLE | ratio | revenue of the last 365 days to that of the 365 days before; unknown where that was not above zero | trend < 0.5
unconverted_purchases   | INTEGER | purchases | purchases in a currency without a rate; counted, but their money is not | unconverted_purchases = 0
mean_interval_days      | DOUBLE | days | mean time between purchase days; unknown below two | mean_interval_days < 200
next_purchase_date      | DATE | | probable next purchase: latest purchase + mean interval | next_purchase_date <= DATE '2027-01-01'
days_to_next_purchase   | INTEGER | days | until then, negative where it is overdue | days_to_next_purchase BETWEEN -30 AND 30
r_score                 | INTEGER | 1..5 | recency score by quantiles of the division, 5 the most recent | r_score >= 4
f_score                 | INTEGER | 1..5 | frequency score by quantiles of the division | f_score = 5
m_score                 | INTEGER | 1..5 | revenue score by quantiles of the division | m_score >= 4
scores                  | VARCHAR | | R, F and M score as three digits, empty without purchase | scores = '555'
expected_purchases      | DOUBLE | purchase days | expected within the horizon (BG/NBD) | expected_purchases > 0.5
probability_alive       | DOUBLE | probability | that the customer has not left for good (BG/NBD) | probability_alive < 0.3
expected_order          | BIGINT | minor units | expected value of a purchase day (Gamma-Gamma) | expected_order > 20000
expected_value          | BIGINT | minor units | expected margin within the horizon, discounted | expected_value > 100000
contribution            | BIGINT | minor units | margin of the last 365 days less contact and service cost | contribution < 0
value_model             | VARCHAR | | whose parameters were used: own, corporate (too little data) or none | value_model = 'own'
open_cases              | INTEGER | cases | open complaints, disputes and recoveries; corporate counts all | open_cases = 0
closed_cases_90d        | INTEGER | cases | closed in the last 90 days | closed_cases_90d > 0
days_since_case         | INTEGER | days | since the latest case was opened | days_since_case < 60
contacts_30d            | INTEGER | contacts | that counted in the last 30 days; corporate counts all | contacts_30d < 4
contacts_90d            | INTEGER | contacts | that counted in the last 90 days | contacts_90d = 0
days_since_contact      | INTEGER | days | since the latest contact that counted | days_since_contact > 14
responses_90d           | INTEGER | responses | visits, clicks, replies and accepted or redeemed offers of the last 90 days | responses_90d > 0
interactions_90d        | INTEGER | interactions | calls, visits and chats of the last 90 days | interactions_90d = 0
assets                  | INTEGER | assets | vehicles, leases and contracts held | assets > 0
asset_model             | VARCHAR | | model of the newest asset held | asset_model = 'Courser'
asset_since             | DATE | | start of the newest asset held | asset_since < DATE '2022-01-01'
asset_age_days          | INTEGER | days | since the start of the newest asset held | asset_age_days BETWEEN 1000 AND 1100
lease_end               | DATE | | nearest end to come of a lease or contract held, else the latest past one | lease_end < DATE '2027-01-01'
days_to_lease_end       | INTEGER | days | until then; negative after it | days_to_lease_end BETWEEN 60 AND 90
in_market               | BOOLEAN | | a lease ends soon, the newest vehicle is old enough, or the next purchase is near (windows in the rulebook) | in_market
days_since_service      | INTEGER | days | since the latest service visit | days_since_service > 365
dealer                  | VARCHAR | | dealer of the latest transaction that names one | dealer = 'D001'
email_permission        | VARCHAR | | granted, withdrawn, or unknown where nobody asked (marketing by e-mail) | email_permission = 'granted'
letter_permission       | VARCHAR | | the same for letters | letter_permission IS NULL
postcard_permission     | VARCHAR | | the same for postcards | postcard_permission IS DISTINCT FROM 'withdrawn'
sms_permission          | VARCHAR | | the same for text messages | sms_permission = 'granted'
"""

_PERSONAL = """
as_of                   | DATE | | the cycle's date | month(as_of) BETWEEN 3 AND 5
divisions               | INTEGER | divisions | in which the customer has purchases, assets, cases, contacts or a place | divisions > 1
age                     | INTEGER | years | completed years of age | age BETWEEN 18 AND 30
birthday                | DATE | | the birthday nearest to the cycle's date | birthday = as_of
days_to_birthday        | INTEGER | days | until then; negative after it | days_to_birthday = 7
country                 | VARCHAR | | ISO-2 code | country = 'US'
postcode_prefix         | VARCHAR | | first three characters of the postcode, capitals | postcode_prefix LIKE '90%'
language                | VARCHAR | | ISO-639 code as known | language = 'en'
has_email               | BOOLEAN | | an e-mail address is known | has_email
has_phone               | BOOLEAN | | a phone number is known | NOT has_phone
has_address             | BOOLEAN | | a postal address is known | has_address
source_records          | INTEGER | records | person records that the customer is made of | source_records > 1
"""

SHIPPED: tuple[Attribute, ...] = (*_rows(True, _SCOPED), *_rows(False, _PERSONAL))
"""The attributes that need no declaration."""


def as_markdown(catalogue: Catalogue) -> str:
    """The catalogue as the table shown in the docs."""
    lines = [
        "| attribute | type | unit | of | meaning | example |",
        "|---|---|---|---|---|---|",
    ]
    for a in catalogue:
        scope = "division" if a.division_scoped else "person"
        lines.append(f"| `{a.name}` | {a.type} | {a.unit} | {scope} | {a.meaning} | `{a.example}` |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """`docs/catalogue.md` whole."""
    return (
        "# The attribute catalogue\n\nWhat criteria may read: of a customer in the rule's division, or of the person. Sources add "
        "their own custom fields as `custom_<name>`.\nWritten by `python -m courtesy.population.catalogue`.\n\n"
        + as_markdown(Catalogue(SHIPPED))
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
