"""Keys that say who somebody is: they become the names of records, and those stand in the keys of tables and in certificates."""

from collections.abc import Iterator

from courtesy.intake.contract import SourceContract

PERSONAL = frozenset(
    {
        "given_name",
        "surname",
        "name",
        "date_of_birth",
        "email",
        "phone",
        "address1",
        "address2",
        "national_id",
    }
)
"""Fields of a person that say to a stranger who it is or how to reach them; a loyalty number does not."""


def personal_keys(source: SourceContract) -> Iterator[tuple[str, str]]:
    """(where in the contract, what is wrong and what to do) for each column of a key that holds a person's data."""
    person = source.fields if source.record == "person" else source.person
    personal = {rule.column: field for field, rule in person.items() if field in PERSONAL}
    used = [("customer_key", source.customer_key)]
    if source.key != "row":
        used += [("key", column) for column in source.key]
    for where, column in used:
        if column in personal:
            yield (
                where,
                (
                    f"column {column!r} is the person's {personal[column]}, and keys name records in the keys of tables; "
                    "take the source's own number, or have the source send a keyed hash of it in a column of its own"
                ),
            )
