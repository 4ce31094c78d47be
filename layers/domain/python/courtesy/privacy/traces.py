"""By what a person is known in the buckets: ids, record names, and the words by which a text is seen to be about them."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from courtesy.timeline.events import Event, SourceRecord

_WORDS = ("email", "loyalty_no", "national_id")
_SHORTEST = 5
"""A shorter word (an id such as `17`) stands in texts about others too."""

_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True)
class Traces:
    """One person's.

    ids: customer ids; subjects: person records (`source/id`); sources: who knows the person; hashes: what stays of records and keys
    strong: words that nobody else has; own: the records' ids; names: (given name, surname, where and when from) of each record
    """

    customer_id: str
    ids: frozenset[str]
    subjects: frozenset[str]
    sources: frozenset[str]
    hashes: frozenset[str]
    strong: re.Pattern[str]
    own: re.Pattern[str]
    names: tuple[tuple[str, str, tuple[str, ...]], ...]

    def in_row(self, text: str) -> bool:
        """Whether one row is about the person, as far as its words tell; a namesake elsewhere is somebody else."""
        if self.strong.search(text):
            return True
        said, owned = text.casefold(), self.own.search(text) is not None
        return any(
            surname in said and (owned or (given in said and any(mark in said for mark in marks)))
            for given, surname, marks in self.names
        )

    def in_text(self, text: str) -> bool:
        """Whether a longer text may mention the person; one time too often does no harm."""
        return bool(self.strong.search(text) or self.own.search(text))


def traces_of(
    customer_id: str,
    ids: Iterable[str],
    hashes: Iterable[str],
    subjects: Collection[str],
    events: Collection[Event],
) -> Traces:
    """The traces of a customer with these records and events."""
    fields = [event.fields for event in events if isinstance(event, SourceRecord)]
    said = {str(one[name]) for one in fields for name in _WORDS if one.get(name)}
    phones = {re.sub(r"\D", "", str(one["phone"]))[-9:] for one in fields if one.get("phone")}
    owned = {subject.partition("/")[2] for subject in subjects}
    strong = [re.escape(word) for word in sorted(said) if len(word) >= _SHORTEST]
    strong += [r"\D{0,3}".join(digits) for digits in sorted(phones) if len(digits) == 9]
    names = {
        (
            str(one.get("given_name", "")).casefold(),
            str(one["surname"]).casefold(),
            tuple(
                str(one[name]).casefold()
                for name in ("postcode", "address1", "date_of_birth")
                if one.get(name)
            ),
        )
        for one in fields
        if one.get("surname")
    }
    return Traces(
        customer_id=customer_id,
        ids=frozenset(ids),
        subjects=frozenset(subjects),
        sources=frozenset({e.source for e in events} | {subject.partition("/")[0] for subject in subjects}),
        hashes=frozenset(hashes),
        strong=_any(strong),
        own=_any(rf"(?<!\w){re.escape(id_)}(?!\w)" for id_ in sorted(owned) if id_),
        names=tuple(sorted(names)),
    )


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    text = "|".join(patterns)
    return re.compile(text, re.IGNORECASE) if text else _NOTHING
