"""The section of the rulebook that rules this room."""

from courtesy.rulebook.section import Section


class DecisionRules(Section):
    """Filled in by this room."""
