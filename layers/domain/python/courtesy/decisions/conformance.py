"""Worked policy cases as data: history, policy, candidates, now -> decisions with reasons.

A file says what its cases have in common and lists the cases; a case states only what differs:

    policy:    the `decisions` section of a rulebook         triggers: id -> trigger (a division, category and channel are given)
    profile:   values, privacy, permissions, cases, contacts, purchases, inbound, places, merging, replies
    household: contacts of the rest of the household         offers: id -> offer of a rulebook (a label and a code are given)
    now:       the instant of the decision                   candidates: trigger ids, or mappings with occurrence, expires ...
    expect:    trigger -> `outcome reason rule channel` as far as the case is about them, or a mapping with due, planned, until

Clients may add files of their own; `courtesy conformance FILE` runs them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import yaml

from courtesy.decisions.candidates import occurrence_of
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate, Decision, Held, Reserved, outcome_of
from courtesy.decisions.rules import DecisionRules
from courtesy.errors import RefusedInput
from courtesy.outcomes import ContactState
from courtesy.rulebook.model import Division, Rulebook
from courtesy.rulebook.offer import Offer
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.fold import day_number
from courtesy.timeline.profile import (
    CaseView,
    Inbound,
    Known,
    Ledger,
    Occasion,
    PastContact,
    Place,
    Profile,
    Reply,
    Standing,
)

KEY = b"the key of the worked cases, no secret"
"""Keyed hashes in cases are made with this key; shares of control groups are best 0 or 1 there."""

Mapped = Mapping[str, Any]


class CaseResult(msgspec.Struct, frozen=True):
    """How one case came out; `wrong` says what was expected and what was decided, empty where it is right."""

    name: str
    wrong: list[str]

    @property
    def right(self) -> bool:
        """Whether every expectation holds."""
        return not self.wrong


def run_cases(text: str, file: str = "") -> list[CaseResult]:
    """Decide every case of a file. Raises RefusedInput for a file that is no list of cases."""
    document = yaml.safe_load(text)
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        raise RefusedInput(f"{file or 'cases'}: expected a mapping with the list `cases`")
    return [_run(document, case, f"{file}: case {n}") for n, case in enumerate(document["cases"], 1)]


def _run(common: Mapped, case: Mapped, where: str) -> CaseResult:
    name = str(case.get("name", where))
    try:
        now = _instant(case.get("now", common.get("now")))
        triggers = _triggers({**(common.get("triggers") or {}), **(case.get("triggers") or {})})
        policy = DecisionRules(**{**(common.get("policy") or {}), **(case.get("policy") or {})})
        rulebook = Rulebook(
            version=1,
            divisions={"cars": Division(name="cars", label="Cars")},
            triggers=triggers,
            decisions=policy,
            offers=_offers({**(common.get("offers") or {}), **(case.get("offers") or {})}),
        )
        profile = _profile({**(common.get("profile") or {}), **(case.get("profile") or {})}, now)
        asked = case.get("candidates", common.get("candidates")) or list(case["expect"])
        candidates = [_candidate(one, triggers, now) for one in asked]
        options = dict(case.get("given") or {})
        options["others"] = [_contact(n, c, "o") for n, c in enumerate(case.get("household") or [])]
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedInput(f"{where} ({name}): {error}") from error
    decisions = decide(profile, candidates, rulebook, now, KEY, **options)
    named = {d.trigger: d for d in decisions}
    wrong = (
        [f"proposed {len(candidates)}, decided {len(decisions)}"] if len(decisions) != len(candidates) else []
    )
    for trigger, expected in case["expect"].items():
        found = named.get(trigger)
        wrong += [f"{trigger}: no decision"] if found is None else _differences(trigger, expected, found)
    return CaseResult(name, wrong)


def _differences(trigger: str, expected: str | Mapped, found: Decision) -> list[str]:
    words = [outcome_of(found).value, found.reason.value]
    words.append(found.channel if isinstance(found, Reserved) else found.rule)
    facts: dict[str, object] = {"other": found.findings[0].other if found.findings else ""}
    if isinstance(found, Reserved):
        facts |= {"due": found.due, "planned": found.planned, "channel": found.channel, "value": found.value}
    elif isinstance(found, Held):
        facts["until"] = found.until
    facts["seen"] = {c.rule: c.seen for c in found.counters}
    wanted = {"is": expected} if isinstance(expected, str) else dict(expected)
    asked = str(wanted.pop("is", "")).split()
    wrong = [f"{trigger}: expected {word}, decided {' '.join(words)}" for word in asked if word not in words]
    for fact, value in wanted.items():
        want = _instant(value) if fact in ("due", "planned", "until") else value
        if facts.get(fact) != want:
            wrong.append(f"{trigger}: expected {fact} {want}, found {facts.get(fact)}")
    return wrong


def _triggers(given: Mapped) -> dict[str, Trigger]:
    usual = {"division": "cars", "category": "marketing", "channels": ["email"]}
    return {id_: Trigger(**{"id": id_, **usual, **(fields or {})}) for id_, fields in given.items()}


def _offers(given: Mapped) -> dict[str, Offer]:
    return {
        id_: Offer(**{"id": id_, "label": {"en": id_}, "code": id_.upper(), **(fields or {})})
        for id_, fields in given.items()
    }


def _candidate(one: str | Mapped, triggers: Mapping[str, Trigger], now: datetime) -> Candidate:
    fields: Mapped = {"trigger": one} if isinstance(one, str) else one
    trigger = triggers[fields["trigger"]]
    return Candidate(
        trigger.id,
        str(fields.get("occurrence", occurrence_of(trigger, now.date()))),
        _instant(fields["expires"]) if "expires" in fields else now + timedelta(days=trigger.useful_for_days),
        _instant(fields["not_before"]) if "not_before" in fields else None,
        str(fields.get("unknown", "")),
    )


def _profile(given: Mapped, now: datetime) -> Profile:
    values = {k: v for k, v in (given.get("values") or {}).items() if v is not None}
    purchases: dict[str, list[Occasion]] = {}
    for division, days in (given.get("purchases") or {}).items():
        purchases[division] = [Occasion(day_number(_instant(d)), 1000, 1, "USD") for d in days]
    return Profile(
        customer_id=str(given.get("customer_id", "c1")),
        values={field: Known(_scalar(value), "cases", "1", now) for field, value in values.items()},
        privacy=list(given.get("privacy") or []),
        permissions=[_standing(p, now) for p in given.get("permissions") or []],
        cases=[_case(n, c, now) for n, c in enumerate(given.get("cases") or [])],
        contacts=[_contact(n, c) for n, c in enumerate(given.get("contacts") or [])],
        inbound=[
            Inbound(
                _instant(i["at"]),
                i.get("channel", "phone"),
                i.get("division", "cars"),
                float(i.get("weight", 1)),
            )
            for i in given.get("inbound") or []
        ],
        ledgers={division: Ledger(occasions=days) for division, days in purchases.items()},
        places={
            d: Place(d, "returning", "", tier, now) for d, tier in (given.get("value_tiers") or {}).items()
        },
        replies=[
            Reply(_instant(r["at"]), str(r["type"]), str(r.get("contact", "")), str(r.get("offer", "")))
            for r in given.get("replies") or []
        ],
        merging=bool(given.get("merging", False)),
        merged_into=str(given.get("merged_into", "")),
    )


def _standing(words: str, now: datetime) -> Standing:
    purpose, channel, division, status = words.split()
    return Standing(purpose, channel, division, status, now, "cases")


def _case(n: int, words: str, now: datetime) -> CaseView:
    division, type_, status = words.split()
    return CaseView("cases", str(n), division, type_, status, "", 1, now)


def _contact(n: int, given: str | Mapped, prefix: str = "k") -> PastContact:
    fields: Mapped = {"at": given} if isinstance(given, str | datetime | date) else given
    return PastContact(
        contact=f"{prefix}{n}",
        trigger=str(fields.get("trigger", f"earlier{n}")),
        occurrence=str(fields.get("occurrence", n)),
        category=str(fields.get("category", "marketing")),
        channel=str(fields.get("channel", "email")),
        division=str(fields.get("division", "cars")),
        state=ContactState(fields.get("state", "sent")),
        at=_instant(fields["at"]),
        weight=float(fields.get("weight", 1)),
        counts=bool(fields.get("counts", True)),
        exempt=bool(fields.get("exempt", False)),
        offer=str(fields.get("offer", "")),
        code=str(fields.get("code", "")),
        code_until=_instant(fields["code_until"]) if "code_until" in fields else None,
    )


def _scalar(value: object) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else str(value)


def _instant(value: object) -> datetime:
    """An instant of ISO text (with an offset, else UTC); YAML may have read it already."""
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - made aware below
    else:
        found = datetime.fromisoformat(str(value))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def summary(results: Sequence[CaseResult]) -> tuple[int, int]:
    """(cases, cases that came out wrong)."""
    return len(results), sum(not result.right for result in results)
