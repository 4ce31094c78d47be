"""`decide`: the contact law, one pure function for cycle, events, API, claims and rehearsal.

All candidates of one customer at once, in the order of the law: the person, objection and open case, what the trigger must
know, permission and address per channel, the control groups; then those left compete by priority class, expected value,
trigger id and occurrence, and each in turn takes the first of its channels in which blackouts, caps and gaps leave room
beside everything reserved before it. Since a contact can only ever add pressure, the set so taken is the best one by that
order (the lexicographic maximum; a test compares it with brute force).
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from courtesy.decisions.circumstances import Circumstances
from courtesy.decisions.decision import Candidate, Decision, Rival
from courtesy.decisions.policy import Policy, policy_of
from courtesy.decisions.pressure import Touch
from courtesy.decisions.runner import Runner
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import PastContact, Profile


def decide(
    profile: Profile,
    candidates: Sequence[Candidate],
    rulebook: Rulebook | Policy,
    now: datetime,
    hash_key: bytes,
    *,
    profile_version: int = 0,
    exhausted: Collection[str] = (),
    no_stock: Collection[str] = (),
    existing: Collection[tuple[str, str]] = (),
    in_doubt: str = "",
    others: Sequence[PastContact] = (),
    channel: str = "",
) -> list[Decision]:
    """One decision per candidate, in the order of `candidates`.

    exhausted: triggers whose budget is used up; no_stock: offers that are gone; existing: (trigger, occurrence) of contacts
    that the timeline has although the profile no longer remembers them; in_doubt: why the data as a whole cannot be trusted;
    others: contacts of the rest of the household; channel: the only one that is asked about, where one is.
    Raises UnknownName for a candidate whose trigger the rulebook does not have.
    """
    policy = rulebook if isinstance(rulebook, Policy) else policy_of(rulebook)
    around = Circumstances(profile, policy, now, hash_key, others)
    proposed = {c.trigger for c in candidates}
    taken = {(c.trigger, c.occurrence) for c in profile.contacts if c.trigger in proposed and not c.anew}
    taken.update(existing)
    runners: list[Runner] = []
    for candidate in candidates:
        plan = policy.plan(candidate.trigger)
        runner = Runner(candidate, plan.through(channel) if channel else plan)
        runners.append(runner)
        runner.enter(around, taken, exhausted, no_stock, in_doubt)
        taken.add((candidate.trigger, candidate.occurrence))
    if len(runners) == 1:
        if runner.finding is None:
            runner.compete(around, ())
        return [runner.decision(around, profile_version, [])]
    order = sorted(runners, key=_rank)
    won: list[Touch] = []
    for runner in order:
        if runner.finding is None:
            touch = runner.compete(around, won)
            if touch is not None:
                won.append(touch)
                around.reserved(touch)
    rivals = [
        (r, Rival(r.candidate.trigger, r.candidate.occurrence, r.plan.trigger.priority, r.value))
        for r in order
    ]
    return [
        runner.decision(around, profile_version, [rival for other, rival in rivals if other is not runner])
        for runner in runners
    ]


def _rank(runner: Runner) -> tuple[int, float, str, str]:
    return (
        runner.plan.trigger.priority,
        -runner.value,
        runner.candidate.trigger,
        runner.candidate.occurrence,
    )
