"""One person's rows in the nine sources, each as that source would have written them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from courtesy_local.samples import mess
from courtesy_local.samples import vocabulary as words
from courtesy_local.samples.history import Complaint, Deal, History
from courtesy_local.samples.people import BOUNCING, COMPLAINING, CURRENCY, DEALERS, Person
from courtesy_local.samples.sheets import Row


class Entry(NamedTuple):
    """A row and the file it goes to: `slot` day1, day2 or late; `subject` is empty where the row carries no person.

    unchanged: the row says what an earlier file of the source said already.
    """

    source: str
    slot: str
    row: Row
    subject: str = ""
    unchanged: bool = False


def entries(seed: int, who: Person, life: History, first_day: date) -> Iterator[Entry]:
    """All rows about one person, sources in no particular order; the same for the same seed."""
    rng = Random(f"{seed}/rows/{who.number}")
    crm = own_number("crm", who.number)
    web = own_number("web", who.number)
    yield from _deals(rng, who, life.deals)
    if life.in_crm:
        yield from _crm(rng, who, life, crm, first_day)
    if life.on_web:
        yield _web(rng, who, life, web, first_day)
        yield from _permissions(rng, life, web)
    if life.loyal:
        yield from _loyalty(rng, who, life, first_day)
    if life.complaint is not None:
        yield from _cases(life.complaint, crm, who, first_day)
    if life.lease is not None:
        yield _lease(rng, who, life, first_day)


def own_number(source: str, number: int, nth: int = 0) -> str:
    """A source's own number for a person: unique in the source, telling nothing about the person."""
    salt = sum(ord(letter) * 7919**at for at, letter in enumerate(source)) + nth * 0x9E3779B9
    return f"{source[:1].upper()}{(number * 2654435761 + salt) % 2**32:010}"


def _slot(life: History, day2: bool = False) -> str:
    return "day2" if day2 or life.arrives_day2 else "day1"


def _cents(amount: int) -> str:
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 100}.{amount % 100:02}"


def _stamp(day: date, second: int = 36000) -> str:
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second)).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


def _deals(rng: Random, who: Person, deals: list[Deal]) -> Iterator[Entry]:
    other_dealer = rng.choice(DEALERS[who.country]) if rng.random() < 0.1 else who.dealer
    shop_name_first = rng.random() < 0.85
    for nth, deal in enumerate(sorted(deals, key=lambda each: each.day)):
        old = bool(who.earlier_home) and nth < len(deals) // 2
        slot = "day2" if deal.day2 else "day1"
        if deal.via == "sale":
            yield from _sale(rng, who, deal, nth, old, slot, other_dealer if nth else who.dealer)
        elif deal.via == "service":
            yield _service(rng, who, deal, nth, old, slot)
        else:
            entry = _order(rng, who, deal, nth, old, slot, shop_name_first)
            yield entry
            if slot == "day1" and rng.random() < 0.005:
                yield entry._replace(unchanged=True)


def _sale(
    rng: Random, who: Person, deal: Deal, nth: int, old: bool, slot: str, dealer: str
) -> Iterator[Entry]:
    given, surname = mess.names(rng, who, 0.10)
    home = mess.home_then(who, old)
    born = mess.birth(rng, who, 0.25)
    customer = f"{dealer}-{own_number('dealer', who.number)[1:]}"
    row = {
        "SaleNo": f"{dealer[1:]}{own_number('sale', who.number, nth)[1:]}", "SaleDate": deal.day.strftime("%d.%m.%Y"), "Kind": "S",
        "Division": words.DIVISION_CODES[deal.division], "Dealer": dealer, "VIN": deal.vin, "Model": deal.item,
        "Price": _cents(deal.cents), "Currency": CURRENCY[who.country], "CustNo": customer,
        "Title": {"f": "Ms", "m": "Mr"}[who.gender] if rng.random() < 0.6 else "", "FirstName": given, "LastName": surname,
        "Company": who.company, "Street": mess.one_line(rng, home, 0.06), "Zip": home.postcode, "City": home.place.city,
        "State": home.place.state, "Country": who.country,
        "Phone": mess.phone(rng, who.phone) if rng.random() < 0.85 else "000-000-0000" if rng.random() < 0.2 else "",
        "Email": mess.email(rng, who, 0.35) or (f"info@{dealer.lower()}.example.com" if rng.random() < 0.1 else ""),
        "Born": born.strftime("%d.%m.%Y") if born else "",
    }  # fmt: skip
    subject = f"dealer_sales/{customer}"
    chance = rng.random() if slot == "day1" and "simulator" not in row["Email"] else 1.0
    yield Entry("dealer_sales", "late" if chance < 0.01 else slot, row, subject)
    if 0.01 <= chance < 0.02:
        yield Entry("dealer_sales", "late", row, subject, unchanged=True)


def _service(rng: Random, who: Person, deal: Deal, nth: int, old: bool, slot: str) -> Entry:
    given, surname = mess.names(rng, who, 0.12)
    home = mess.home_then(who, old)
    customer = own_number("workshop", who.number)
    row = {
        "order_no": own_number("s", who.number, nth)[1:], "order_date": deal.day.strftime("%Y%m%d"),
        "division": words.DIVISION_LETTERS[deal.division], "dealer": deal.dealer, "vin": deal.vin,
        "amount": _cents(deal.cents).rjust(10), "currency": CURRENCY[who.country], "cust_no": customer[1:],
        "surname": surname, "given_name": given, "street": mess.one_line(rng, home, 0.08), "postcode": home.postcode,
        "city": home.place.city, "state": home.place.state, "country": who.country,
        "phone": mess.phone(rng, who.phone) if rng.random() < 0.9 else "", "work": deal.item,
    }  # fmt: skip
    return Entry("service_workshop", slot, row, f"service_workshop/{customer[1:]}")


def _order(rng: Random, who: Person, deal: Deal, nth: int, old: bool, slot: str, name_first: bool) -> Entry:
    given, surname = mess.names(rng, who, 0.08)
    home = mess.home_then(who, old)
    account = own_number("parts", who.number)
    row = {
        "order_id": own_number("order", who.number, nth), "ordered_at": _stamp(deal.day, deal.second), "account": account,
        "name": f"{given} {surname}" if name_first else f"{surname}, {given}",
        "email": mess.email(rng, who, 0.03), "phone": mess.phone(rng, who.phone) if rng.random() < 0.4 else "",
        "address": mess.one_line(rng, home, 0.06), "city": home.place.city, "zip": home.postcode, "state": home.place.state,
        "country": who.country, "division": deal.division, "article": deal.item, "quantity": "1" if deal.cents > 0 else "-1",
        "total": _cents(deal.cents), "currency": CURRENCY[who.country], "kind": "order" if deal.cents > 0 else "return",
    }  # fmt: skip
    return Entry("parts_shop_orders", slot, row, f"parts_shop_orders/{account}")


def _crm(rng: Random, who: Person, life: History, number: str, first_day: date) -> Iterator[Entry]:
    certain = who.number in (BOUNCING, COMPLAINING)
    twice = rng.random() < 0.05 and not certain
    for nth in range(2 if twice else 1):
        given, surname = mess.names(rng, who, 0.0 if certain else 0.05)
        born = mess.birth(rng, who, 0.15)
        home = mess.home_then(who, rng.random() < 0.15 or life.moved_day2)
        updated = min(first_day - timedelta(days=1), life.joined + timedelta(days=rng.randrange(0, 900)))
        row = {
            "PersonId": number if nth == 0 else own_number("crm", who.number, nth), "FirstName": given, "LastName": surname,
            "Title": {"f": "Ms", "m": "Mr"}[who.gender], "Company": who.company,
            "BirthDate": born.isoformat() if born else "", "Gender": who.gender if rng.random() < 0.9 else "",
            "Email": who.email if certain else mess.email(rng, who, 0.15),
            "Phone": mess.phone(rng, who.phone) if rng.random() < 0.8 else "",
            "HouseNo": home.number, "Street": mess.street(rng, home, 0.04), "Unit": home.unit, "City": home.place.city,
            "Zip": home.postcode, "State": home.place.state, "Country": who.country,
            "Language": "de" if who.country == "DE" else "en", "TimeZone": home.place.zone if rng.random() < 0.8 or certain else "",
            "Dealer": who.dealer, "Deceased": "Y" if rng.random() < 0.004 and not certain else "N",
            "GoneAway": "Y" if rng.random() < 0.006 and not certain else "N", "UpdatedAt": _stamp(updated, rng.randrange(86000)),
        }  # fmt: skip
        subject = f"crm_persons/{row['PersonId']}"
        if life.arrives_day2:
            row["UpdatedAt"] = _stamp(first_day, 40000)
            yield Entry("crm_persons", "day2", row, subject)
            continue
        yield Entry("crm_persons", "day1", row, subject)
        if rng.random() < 0.002 and life.complaint is None and nth == 0:
            continue  # gone from the second day's full dump
        if nth == 0 and life.moved_day2:
            new = who.home
            moved = row | {
                "HouseNo": new.number, "Street": new.street, "Unit": new.unit, "City": new.place.city, "Zip": new.postcode,
                "State": new.place.state, "UpdatedAt": _stamp(first_day, 43000),
            }  # fmt: skip
            yield Entry("crm_persons", "day2", moved, subject)
        else:
            yield Entry("crm_persons", "day2", row, subject, unchanged=True)


def _web(rng: Random, who: Person, life: History, account: str, first_day: date) -> Entry:
    given, surname = mess.names(rng, who, 0.08)
    born = mess.birth(rng, who, 0.6)
    day = (
        first_day
        if life.arrives_day2
        else min(first_day - timedelta(days=1), life.joined + timedelta(days=rng.randrange(0, 60)))
    )
    row = {
        "account": account, "registered_at": _stamp(day, rng.randrange(40000)), "email": mess.email(rng, who, 0.0),
        "first_name": given, "last_name": surname, "phone": mess.phone(rng, who.phone) if rng.random() < 0.35 else "",
        "birth_date": born.isoformat() if born else "", "postcode": who.home.postcode if rng.random() < 0.7 else "",
        "country": who.country, "interest": rng.choice(("news", "offers", "events", "")),
    }  # fmt: skip
    return Entry("web_registrations", _slot(life), row, f"web_registrations/{account}")


def _permissions(rng: Random, life: History, account: str) -> Iterator[Entry]:
    for nth, choice in enumerate(life.choices):
        second = rng.randrange(36000 if not choice.day2 else 40000)
        row = {
            "id": f"{account}-{nth}", "account": account, "purpose": "marketing", "channel": choice.channel,
            "division": choice.division, "status": "granted" if choice.granted else "withdrawn",
            "changed_at": _stamp(choice.day, second), "proof": f"preference page, form {rng.randrange(3, 7)}",
        }  # fmt: skip
        yield Entry("preference_centre", _slot(life, choice.day2), row)


def _loyalty(rng: Random, who: Person, life: History, first_day: date) -> Iterator[Entry]:
    given, surname = mess.names(rng, who, 0.05)
    born = mess.birth(rng, who, 0.05)
    day = (
        first_day
        if life.arrives_day2
        else min(first_day - timedelta(days=1), life.joined + timedelta(days=rng.randrange(0, 200)))
    )
    card = own_number("loyal", who.number)
    points = rng.randrange(0, 90) * 100
    row = {
        "card_no": card, "updated": day.strftime("%m/%d/%Y"), "surname": surname, "given_name": given,
        "dob": born.strftime("%m/%d/%Y") if born else "", "email": mess.email(rng, who, 0.12),
        "mobile": mess.phone(rng, who.phone) if rng.random() < 0.6 else "", "zip": who.home.postcode, "country": who.country,
        "tier": ("blue", "silver", "gold")[min(2, points // 3500)], "points": str(points),
    }  # fmt: skip
    yield Entry("loyalty_programme", _slot(life), row, f"loyalty_programme/{card}")
    if not life.arrives_day2 and rng.random() < 0.05:
        more = row | {"updated": first_day.strftime("%m/%d/%Y"), "points": str(points + 300)}
        yield Entry("loyalty_programme", "day2", more, f"loyalty_programme/{card}")


def _cases(case: Complaint, crm: str, who: Person, first_day: date) -> Iterator[Entry]:
    row = {
        "case_no": own_number("case", who.number), "customer_no": crm, "updated_at": _stamp(case.closed or case.opened, 50000),
        "opened_at": _stamp(case.opened, 30000), "closed_at": _stamp(case.closed, 50000) if case.closed else "",
        "status": "CLOSED" if case.closed else "OPEN", "kind": case.kind, "nature": case.nature, "severity": str(case.severity),
        "division": case.division,
    }  # fmt: skip
    yield Entry("call_centre_cases", "day2" if case.day2 else "day1", row)
    if case.closed_day2:
        closing = _stamp(first_day, 45000)
        yield Entry(
            "call_centre_cases",
            "day2",
            row | {"updated_at": closing, "closed_at": closing, "status": "CLOSED"},
        )


def _lease(rng: Random, who: Person, life: History, first_day: date) -> Entry:
    lease = life.lease
    assert lease is not None  # noqa: S101 - the caller looked
    given, surname = mess.names(rng, who, 0.04)
    customer = own_number("lease", who.number)
    row = {
        "contract_no": own_number("k", who.number), "customer_no": customer, "vin": lease.vin, "model": lease.model,
        "started": lease.started.isoformat(), "ends": lease.ends.isoformat(), "monthly_rate": _cents(lease.monthly_cents),
        "currency": CURRENCY[who.country], "dealer": who.dealer, "first_name": given, "last_name": surname,
        "date_of_birth": (mess.birth(rng, who, 0.0, 0.01) or who.born).isoformat(), "address": mess.one_line(rng, who.home, 0.03),
        "zip": who.home.postcode, "city": who.home.place.city, "state": who.home.place.state, "country": who.country,
        "email": mess.email(rng, who, 0.1), "phone": mess.phone(rng, who.phone), "status": "RUNNING" if lease.ends > first_day else "ENDED",
        "updated": _stamp(min(first_day - timedelta(days=1), max(lease.started, life.joined)))[:19],
    }  # fmt: skip
    return Entry("lease_contracts", "day1", row, f"lease_contracts/{customer}")
