"""The section of the rulebook that rules this room: segments, scores, the value model's settings, costs and currencies."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from courtesy.rulebook.section import Section

LIFECYCLES = ("prospect", "new", "returning", "lapsed")


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO-4217 code."""

Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]


class SegmentRule(Section):
    """A segment and the criterion that puts customers into it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    criteria: str


class Ladder(Section):
    """Ordered rules: the first whose criterion is true names the segment; where none is, the default does."""

    rules: list[SegmentRule] = Field(default_factory=list)
    default: str = Field(pattern=r"^([a-z][a-z0-9_]*)?$")

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}; join the criteria by OR")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The segments in their order, the default last."""
        return (*(rule.name for rule in self.rules if rule.name != self.default), self.default)


class ValueRules(Section):
    """Settings of the value model.

    horizon_days:    expected purchases and value are those of the coming so many days
    discount_rate:   per year, as a share; value is discounted day by day
    margin:          share of revenue that is margin, per division; `margin_otherwise` for those not named
    least_repeaters: a division with fewer customers who bought on two days or more borrows corporate's parameters
    """

    horizon_days: int = Field(365, ge=30, le=3650)
    discount_rate: Decimal = Field(Decimal("0.10"), ge=0, le=1)
    margin: dict[str, Decimal] = Field(default_factory=dict)
    margin_otherwise: Decimal = Field(Decimal("0.20"), ge=0, le=1)
    least_repeaters: int = Field(100, ge=2)


class CostRules(Section):
    """What a customer costs, in minor units of the reporting currency: per contact by channel, per case, per interaction."""

    contact: dict[Channel, int] = Field(
        default_factory=lambda: {"email": 1, "letter": 95, "postcard": 60, "sms": 5, "next_contact": 0}
    )
    case: int = 4000
    interaction: int = 600


class MarketRules(Section):
    """When a customer counts as in the market for the next vehicle."""

    lease_ends_within_days: int = 180
    vehicle_age_from_days: int = 1095
    vehicle_age_until_days: int = 2190
    next_purchase_within_days: int = 30


def _ladder(default: str, *rules: tuple[str, str]) -> Ladder:
    return Ladder(
        rules=[SegmentRule(name=name, criteria=criteria) for name, criteria in rules], default=default
    )


def _lifecycle() -> Ladder:
    return _ladder(
        "lapsed",
        ("prospect", "purchase_days = 0"),
        ("new", "purchase_days = 1 AND days_since_purchase <= 365"),
        ("returning", "purchase_days >= 2 AND days_since_purchase <= 540"),
    )


def _sub_segments() -> dict[str, Ladder]:
    return {
        "returning": _ladder(
            "promising",
            ("champion", "r_score >= 4 AND f_score >= 4 AND m_score >= 4"),
            ("loyal", "f_score >= 4 OR purchase_days >= 5"),
            ("newly_returning", "purchase_days = 2 OR previous_lifecycle = 'lapsed'"),
        ),
        "lapsed": _ladder(
            "lost",
            ("slipping", "days_since_purchase <= 720"),
            ("at_risk", "days_since_purchase <= 1080"),
            ("lost_high_value", "m_score >= 4"),
        ),
    }


def _value_tiers() -> Ladder:
    return _ladder(
        "standard",
        (
            "below_zero",
            "revenue < 0 OR (contribution < -1000 AND contribution + coalesce(expected_value, 0) < 0)",
        ),
        ("high_performance", "m_score = 5 AND probability_alive >= 0.5"),
        ("high_potential", "m_score >= 4 OR expected_purchases >= 1.0"),
    )


class PopulationRules(Section):
    """How customers are scored and placed.

    currency_rates: minor units of the reporting currency for one minor unit of that currency; a currency that is not named
                    here counts for frequency but not for money
    sub_segments:   per lifecycle; a lifecycle without any has none
    drift_alarm:    share of the customers of a division that may change their place in one cycle before it alarms
    """

    reporting_currency: Currency = "USD"
    currency_rates: dict[Currency, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)
    lifecycle: Ladder = Field(default_factory=_lifecycle)
    sub_segments: dict[str, Ladder] = Field(default_factory=_sub_segments)
    value_tiers: Ladder = Field(default_factory=_value_tiers)
    value: ValueRules = Field(default_factory=ValueRules)
    costs: CostRules = Field(default_factory=CostRules)
    market: MarketRules = Field(default_factory=MarketRules)
    drift_alarm: float = Field(0.25, ge=0, le=1)

    @model_validator(mode="after")
    def _lifecycles_exist(self) -> Self:
        unknown = sorted(set(self.lifecycle.names) - set(LIFECYCLES))
        if unknown:
            raise ValueError(f"unknown lifecycle {', '.join(unknown)}; there are {', '.join(LIFECYCLES)}")
        strange = sorted(set(self.sub_segments) - set(self.lifecycle.names))
        if strange:
            raise ValueError(f"sub-segments of {', '.join(strange)}, which no lifecycle rule names")
        return self
