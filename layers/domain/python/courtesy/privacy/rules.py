"""The section of the rulebook on how long what is kept: `rulebook/retention.yaml`."""

from pydantic import Field

from courtesy.rulebook.section import Section


class RetentionRules(Section):
    """Days after which events go, or lose their details, by their kind; empty keeps them. What caps count stays long enough in any case.

    record:      values that a source has replaced since; what it says now stays
    transaction: loses item, asset and own fields; date, amount and dealer stay, since value and permission rest on them
    interaction, response: go
    case:        goes so long after it was closed; an open one stays
    contact:     loses the explanation of its decision; that it went out stays, so that nothing is sent twice
    feedback:    goes where the contact ends the same without it; a closed address stays closed
    move:        goes, the present place of each division apart
    look:        goes: who looked at the data
    analytics:   snapshots, segments and moves of cycles in the lake
    Permissions, objections and their proof, and decisions on who is who, are kept as long as the customer.
    """

    record: int | None = Field(default=730, ge=30)
    transaction: int | None = Field(default=None, ge=400)
    interaction: int | None = Field(default=1100, ge=800)
    response: int | None = Field(default=1100, ge=800)
    case: int | None = Field(default=3650, ge=365)
    contact: int | None = Field(default=1100, ge=800)
    feedback: int | None = Field(default=400, ge=90)
    move: int | None = Field(default=1100, ge=400)
    look: int | None = Field(default=1100, ge=365)
    analytics: int | None = Field(default=800, ge=100)
