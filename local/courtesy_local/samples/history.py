"""What sample people did over the years: purchases by a Poisson rate until they drop out, leases, cases, permissions."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from courtesy_local.samples import vocabulary as words
from courtesy_local.samples.people import BOUNCING, COMPLAINING, Person

YEARS = 6
"""How far the histories go back."""

Via = Literal["sale", "service", "order"]


@dataclass(frozen=True, slots=True)
class Deal:
    """One purchase. `cents`: minor units, negative for a return; `day2`: only known from the second day on."""

    via: Via
    day: date
    division: str
    cents: int
    item: str
    vin: str
    dealer: str
    second: int
    """Seconds after midnight UTC, where the source knows the time."""
    day2: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease contract; `ended`: it ran out and the vehicle is back."""

    started: date
    ends: date
    model: str
    vin: str
    monthly_cents: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """A case at the call centre; `closed_day2`: open on the first day, closed by the second day's file."""

    kind: Literal["complaint", "dispute"]
    division: str
    opened: date
    closed: date | None
    nature: str
    severity: int
    closed_day2: bool = False
    day2: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A permission given or withdrawn."""

    channel: str
    division: str
    granted: bool
    day: date
    day2: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """All of it, and which systems know the person."""

    joined: date
    deals: list[Deal]
    lease: Lease | None
    complaint: Complaint | None
    choices: list[Choice]
    in_crm: bool
    on_web: bool
    loyal: bool
    arrives_day2: bool
    moved_day2: bool


def history(seed: int, who: Person, today: date) -> History:
    """The life of one person as a customer until `today` (the first day); the same for the same seed."""
    rng = Random(f"{seed}/history/{who.number}")
    chosen = who.number in (BOUNCING, COMPLAINING)
    arrives = not chosen and rng.random() < 0.02
    yesterday = today - timedelta(days=1)
    span = YEARS * 365
    back = 0 if arrives else rng.randrange(20, span) if rng.random() < 0.9 else rng.randrange(1, 45)
    joined = max(date(2016, 1, 1), today - timedelta(days=back))
    deals: list[Deal] = []
    if chosen or rng.random() < 0.93:
        divisions = rng.choices(
            (["cars"], ["motorcycles"], ["cars", "motorcycles"], ["marine"], ["cars", "marine"]),
            (68, 12, 10, 4, 6),
        )[0]
        for division in divisions:
            deals += _purchases(rng, who, division, joined, yesterday, arrives)
    lease = _lease(rng, joined, today) if rng.random() < 0.2 and not arrives else None
    in_crm = chosen or rng.random() < 0.8
    on_web = chosen or rng.random() < 0.55
    return History(
        joined=joined,
        deals=deals,
        lease=lease,
        complaint=_complaint(rng, today)
        if in_crm and not arrives and not chosen and rng.random() < 0.08
        else None,
        choices=_chosen(joined, today)
        if chosen
        else _choices(rng, joined, yesterday, arrives)
        if on_web
        else [],
        in_crm=in_crm or (not deals and lease is None),
        on_web=on_web,
        loyal=rng.random() < 0.35,
        arrives_day2=arrives,
        moved_day2=in_crm and not arrives and rng.random() < 0.03,
    )


def _purchases(
    rng: Random, who: Person, division: str, joined: date, until: date, arrives: bool
) -> list[Deal]:
    rate = rng.gammavariate(1.3, 1.1)
    """Purchases a year."""
    dropout = rng.betavariate(0.9, 3.5)
    vin = _vin(rng, division)
    model, price = rng.choice(words.MODELS[division])
    deals: list[Deal] = []
    if rng.random() < 0.75:
        cents = int(price * rng.uniform(0.92, 1.15)) * 100
        deals.append(_deal(rng, "sale", joined, division, cents, model, vin, who.dealer, arrives))
    else:
        deals.append(_smaller(rng, joined, division, vin, who.dealer, arrives))
    if arrives:
        return deals
    day = joined
    while rng.random() >= dropout:
        day += timedelta(days=max(1, int(rng.expovariate(max(rate, 0.05)) * 365)))
        if day > until:
            break
        if rng.random() < 0.05:
            vin = _vin(rng, division)
            model, price = rng.choice(words.MODELS[division])
            cents = int(price * rng.uniform(0.92, 1.15)) * 100
            deals.append(_deal(rng, "sale", day, division, cents, model, vin, who.dealer, False))
        else:
            deals.append(_smaller(rng, day, division, vin, who.dealer, False))
            last = deals[-1]
            if last.via == "order" and rng.random() < 0.06 and day + timedelta(days=9) <= until:
                back = day + timedelta(days=9)
                deals.append(_deal(rng, "order", back, division, -last.cents, last.item, "", "", False))
    if rng.random() < 0.04:
        deals.append(_smaller(rng, until + timedelta(days=1), division, vin, who.dealer, True))
    return deals


def _smaller(rng: Random, day: date, division: str, vin: str, dealer: str, day2: bool) -> Deal:
    if rng.random() < 0.68:
        cents = int(rng.lognormvariate(5.6, 0.7) * 100)
        return _deal(rng, "service", day, division, cents, rng.choice(words.WORK), vin, dealer, day2)
    item, price = rng.choice(words.PARTS[division])
    return _deal(rng, "order", day, division, price * 100 * rng.choice((1, 1, 1, 2)), item, "", "", day2)


def _deal(
    rng: Random, via: Via, day: date, division: str, cents: int, item: str, vin: str, dealer: str, day2: bool
) -> Deal:
    return Deal(via, day, division, cents, item, vin, dealer, rng.randrange(8 * 3600, 18 * 3600), day2)


def _vin(rng: Random, division: str) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
    return "XA" + words.DIVISION_LETTERS[division] + "".join(rng.choice(letters) for _ in range(14))


def _lease(rng: Random, joined: date, today: date) -> Lease:
    model, price = rng.choice(words.MODELS["cars"])
    months = rng.choice((24, 36, 48))
    if rng.random() < 0.35:
        ends = today + timedelta(days=rng.randrange(20, 120))
    else:
        ends = max(joined, today - timedelta(days=900)) + timedelta(days=months * 30)
    return Lease(
        ends - timedelta(days=months * 30), ends, model, _vin(rng, "cars"), price * 100 * 2 // (3 * months)
    )


def _complaint(rng: Random, today: date) -> Complaint:
    kind: Literal["complaint", "dispute"] = "complaint" if rng.random() < 0.8 else "dispute"
    division, nature, severity = (
        rng.choice(("cars", "cars", "motorcycles", "finance")),
        rng.choice(words.CASE_NATURES),
        rng.randrange(1, 6),
    )
    fresh = rng.random()
    if fresh < 0.15:
        return Complaint(kind, division, today, None, nature, severity, day2=True)
    if fresh < 0.55:
        opened = today - timedelta(days=rng.randrange(1, 25))
        return Complaint(kind, division, opened, None, nature, severity, closed_day2=rng.random() < 0.3)
    opened = today - timedelta(days=rng.randrange(30, 500))
    return Complaint(kind, division, opened, opened + timedelta(days=rng.randrange(1, 20)), nature, severity)


def _choices(rng: Random, joined: date, yesterday: date, arrives: bool) -> list[Choice]:
    chance = rng.random()
    days = max(1, (yesterday - joined).days)
    first = min(yesterday, joined + timedelta(days=rng.randrange(0, days)))
    if arrives:
        return [Choice("email", "*", True, first, day2=True)] if chance < 0.5 else []
    if chance < 0.50:
        choices = [Choice("email", "*", True, first)]
        if rng.random() < 0.25:
            choices.append(Choice("letter", "*", True, first))
    elif chance < 0.60:
        choices = [Choice("email", rng.choice(("cars", "motorcycles", "finance")), False, first)]
    elif chance < 0.68:
        choices = [Choice("*", "*", False, first)]
    else:
        return []
    if choices[0].granted and rng.random() < 0.10:
        again = min(yesterday, first + timedelta(days=rng.randrange(1, 300)))
        choices.append(Choice("email", "*", False, again))
    elif choices[0].granted and rng.random() < 0.04:
        choices.append(Choice("email", "*", False, yesterday + timedelta(days=1), day2=True))
    return choices


def _chosen(joined: date, today: date) -> list[Choice]:
    """The people at the mailbox simulator allow e-mail, so that it gets some: before the first day and again on it."""
    return [Choice("email", "*", True, joined), Choice("email", "*", True, today, day2=True)]
