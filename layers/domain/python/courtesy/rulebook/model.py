"""The rulebook: every rule of the client in one published, immutable, numbered version.

Each section is a pydantic model that lives with the room it rules; here they come together. A rulebook is made from one
mapping per section (the YAML files below `rulebook/`), so marketers change rules without engineers.
"""

from pydantic import Field

from courtesy.decisions.rules import DecisionRules
from courtesy.identity.rules import IdentityRules
from courtesy.intake.contract import SourceContract
from courtesy.messages.rules import MessageRules
from courtesy.population.rules import PopulationRules
from courtesy.privacy.rules import RetentionRules
from courtesy.rulebook.offer import Offer
from courtesy.rulebook.section import Section
from courtesy.rulebook.trigger import Trigger


class Division(Section):
    """A line of business."""

    name: str
    label: str
    currency: str = "USD"
    sender_name: str = ""
    sender_email: str = ""
    postal_address: str = ""


class Dealer(Section):
    """A sales channel's outlet.

    logo, signature: names of drawings, `messages/images/<name>.svg`; logo_alt: what the logo says, the dealer's name where it
    is left out; signed_by: whose signature it is
    """

    id: str
    name: str
    divisions: list[str]
    city: str = ""
    phone: str = ""
    email: str = ""
    logo: str = ""
    logo_alt: str = ""
    signature: str = ""
    signed_by: str = ""


class Rulebook(Section):
    """One version of all rules. `version` 0 is a draft that was never published."""

    version: int = 0
    divisions: dict[str, Division]
    dealers: dict[str, Dealer] = Field(default_factory=dict)
    sources: dict[str, SourceContract] = Field(default_factory=dict)
    identity: IdentityRules = Field(default_factory=IdentityRules)
    population: PopulationRules = Field(default_factory=PopulationRules)
    decisions: DecisionRules = Field(default_factory=DecisionRules)
    triggers: dict[str, Trigger] = Field(default_factory=dict)
    offers: dict[str, Offer] = Field(default_factory=dict)
    messages: MessageRules = Field(default_factory=MessageRules)
    retention: RetentionRules = Field(default_factory=RetentionRules)
