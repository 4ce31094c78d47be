"""Worked policy cases as data: history, policy, candidates, now -> decisions with reasons.

A file says what its cases have in common and lists the cases; a case states only what differs:

    law:       the point of the contact law that the cases are about, 1 to 12
    policy:    the `decisions` section of a rulebook         triggers: id -> trigger (a division, category and channel are given)
    profile:   values, privacy, permissions, cases, contacts, purchases, inbound, value_tiers, merging, replies
    household: contacts of the rest of the household         offers: id -> offer of a rulebook (a label and a code are given)
    now:       the instant of the decision                   candidates: trigger ids, or mappings with occurrence, expires ...
    waiting:   trigger -> a contact reserved earlier that a sender claims now: planned, due, expires, channel, state
    given:     what the run knows: exhausted, no_stock, in_doubt, existing, channel, profile_version
    expect:    trigger -> `outcome reason rule channel` as far as the case is about them, or a mapping with due, planned, until ...
               of a waiting contact: claimed, cancelled, replanned or expired, and the reason

A contact in the profile counts unless `counts: false`; with `reports` (delivery, soft_bounce, hard_bounce, vendor_rejection,
returned, complaint ...) the law tells from them and its state whether it does. Clients may add files of their own;
`courtesy conformance FILE` runs them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import yaml
from pydantic import ValidationError

from courtesy.decisions.claim import Verdict, judge_claim
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Decision, Held, Reserved, outcome_of
from courtesy.decisions.policy import policy_of
from courtesy.decisions.rules import DecisionRules
from courtesy.decisions.worked import (
    Mapped,
    known,
    listed,
    read_candidate,
    read_contact,
    read_instant,
    read_offers,
    read_profile,
    read_triggers,
    read_waiting,
)
from courtesy.errors import CourtesyError, RefusedInput
from courtesy.outcomes import ContactState
from courtesy.rulebook.model import Division, Rulebook
from courtesy.rulebook.problems import problems_of
from courtesy.timeline.fold import past_contact

KEY = b"the key of the worked cases, no secret"
"""Keyed hashes in cases are made with this key; shares of control groups are best 0 or 1 there."""

_SHARED = ("policy", "triggers", "offers", "profile")
COMMON = (*_SHARED, "law", "now", "candidates", "cases")
CASE = (*_SHARED, "law", "name", "now", "household", "candidates", "waiting", "given", "expect")
GIVEN = ("exhausted", "no_stock", "in_doubt", "existing", "channel", "profile_version")
FACTS = (
    "is", "due", "planned", "until", "seen", "other", "channel", "value", "rulebook", "profile_version", "competitors",
    "priority", "cost", "weight",
)  # fmt: skip


class CaseResult(msgspec.Struct, frozen=True):
    """How one case came out; `wrong` says what was expected and what was decided, empty where it is right.

    law: the point of the contact law that it is about, 0 where the file does not say
    """

    name: str
    wrong: list[str]
    law: int = 0

    @property
    def right(self) -> bool:
        """Whether every expectation holds."""
        return not self.wrong


def run_cases(text: str, file: str = "") -> list[CaseResult]:
    """Decide every case of a file. Raises RefusedInput that says where a file is no list of cases, and what was expected."""
    where = file or "cases"
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise RefusedInput(
            f"{where}{line}: this is no YAML: {getattr(error, 'problem', None) or error}"
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        raise RefusedInput(f"{where}: expected a mapping with the list `cases`")
    try:
        known("the file", document, COMMON)
    except CourtesyError as error:
        raise RefusedInput(f"{where}: {error}") from error
    if not document["cases"]:
        raise RefusedInput(f"{where}: there is no case in it")
    return [_run(document, case, f"{where}: case {n}") for n, case in enumerate(document["cases"], 1)]


def _run(common: Mapped, case: Any, where: str) -> CaseResult:
    name = str(case.get("name", where)) if isinstance(case, Mapping) else ""
    try:
        return _decided(common, known("the case", case, CASE), name)
    except ValidationError as error:
        model: Any = {"DecisionRules": DecisionRules}.get(error.title, Rulebook)
        raise RefusedInput(f"{where} ({name}): {'; '.join(map(str, problems_of(error, model)))}") from error
    except (CourtesyError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise RefusedInput(f"{where} ({name}): {error}") from error


def _decided(common: Mapped, case: Mapped, name: str) -> CaseResult:
    now = read_instant(case.get("now", common.get("now")))
    policy, given_triggers, offers, person = (
        {**(common.get(k) or {}), **(case.get(k) or {})} for k in _SHARED
    )
    triggers = read_triggers(given_triggers)
    rulebook = Rulebook(
        version=1,
        divisions={"cars": Division(name="cars", label="Cars")},
        triggers=triggers,
        decisions=DecisionRules(**policy),
        offers=read_offers(offers),
    )
    law = policy_of(rulebook)
    expected = known("expect", case.get("expect"), [*triggers])
    if not expected:
        raise RefusedInput("`expect` names no trigger, so the case could not come out wrong")
    profile = read_profile(person, now)
    waiting = {
        trigger: read_waiting(trigger, fields, profile.customer_id, law, now)
        for trigger, fields in known("waiting", case.get("waiting"), [*triggers]).items()
    }
    profile = msgspec.structs.replace(
        profile, contacts=[*profile.contacts, *(past_contact(c) for c in waiting.values())]
    )
    others = [read_contact(n, c, "o") for n, c in enumerate(listed("household", case.get("household")))]
    asked = case.get("candidates", common.get("candidates"))
    asked = [t for t in expected if t not in waiting] if asked is None else listed("candidates", asked)
    candidates = [read_candidate(one, triggers, now) for one in asked]
    options = dict(known("given", case.get("given"), GIVEN))
    if "existing" in options:
        options["existing"] = [tuple(pair) for pair in options["existing"]]
    decisions = decide(profile, candidates, law, now, KEY, others=others, **options)
    named: dict[str, list[Decision]] = {}
    for decision in decisions:
        named.setdefault(decision.trigger, []).append(decision)
    wrong = []
    if len(decisions) != len(candidates):
        wrong.append(f"proposed {len(candidates)}, decided {len(decisions)}")
    for trigger, expectation in expected.items():
        if trigger in waiting:
            verdict = judge_claim(waiting[trigger], profile, law, now, KEY, others)
            wrong += _claim_differences(trigger, expectation, verdict)
            continue
        found, wanted = (
            named.get(trigger, []),
            expectation if isinstance(expectation, list) else [expectation],
        )
        if not found:
            wrong.append(f"{trigger}: no decision")
        elif isinstance(expectation, list) and len(found) != len(wanted):
            wrong.append(f"{trigger}: expected {len(wanted)} decisions, found {len(found)}")
        for one, decision in zip(wanted, found, strict=False):
            wrong += _differences(trigger, one, decision)
    return CaseResult(name, wrong, int(case.get("law", common.get("law", 0))))


def _wanted(trigger: str, expected: str | Mapped) -> tuple[list[str], dict[str, Any]]:
    if isinstance(expected, str):
        return expected.split(), {}
    facts = dict(known(f"what is expected of {trigger}", expected, FACTS))
    return str(facts.pop("is", "")).split(), facts


def _claim_differences(trigger: str, expected: str | Mapped, verdict: Verdict) -> list[str]:
    contact = verdict.contact
    ended = {ContactState.CANCELLED: "cancelled", ContactState.EXPIRED: "expired"}.get(
        contact.state, "replanned"
    )
    words = ["claimed"] if verdict.why is None else [ended, verdict.why.value]
    return _compared(trigger, expected, words, {"due": contact.due, "planned": contact.planned})


def _differences(trigger: str, expected: str | Mapped, found: Decision) -> list[str]:
    words = [outcome_of(found).value, found.reason.value]
    words.append(found.channel if isinstance(found, Reserved) else found.rule)
    facts: dict[str, object] = {
        "other": found.findings[0].other if found.findings else "",
        "seen": {c.rule: c.seen for c in found.counters},
        "competitors": [rival.trigger for rival in found.competitors],
        "rulebook": found.rulebook,
        "profile_version": found.profile_version,
        "priority": found.priority,
        "value": found.value,
    }
    if isinstance(found, Reserved):
        facts |= {"due": found.due, "planned": found.planned, "channel": found.channel}
        facts |= {"cost": found.cost, "weight": found.weight}
    elif isinstance(found, Held):
        facts["until"] = found.until
    return _compared(trigger, expected, words, facts)


def _compared(
    trigger: str, expected: str | Mapped, words: list[str], facts: Mapping[str, object]
) -> list[str]:
    asked, wanted = _wanted(trigger, expected)
    wrong = [f"{trigger}: expected {word}, decided {' '.join(words)}" for word in asked if word not in words]
    for fact, value in wanted.items():
        want = read_instant(value) if fact in ("due", "planned", "until") and value is not None else value
        if facts.get(fact) != want:
            wrong.append(f"{trigger}: expected {fact} {want}, found {facts.get(fact)}")
    return wrong


def summary(results: Sequence[CaseResult]) -> tuple[int, int]:
    """(cases, cases that came out wrong)."""
    return len(results), sum(not result.right for result in results)
