"""Redemptions by file: the till knows nothing but the code, and the code knows whose it is, through merges too."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from courtesy.decisions.decision import Candidate, Reserved
from courtesy.decisions.fulfilment import to_fulfil
from courtesy.decisions.holdouts import in_control
from courtesy.decisions.offers import MadeOffer, offers_of
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.identity.load import Loading, apply_rows
from courtesy.identity.merge import Desk, merge_customers
from courtesy.intake.contract import SourceContract
from courtesy.intake.staged import StagedRow
from courtesy.rulebook.check import check
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.offer import Offer
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.decisions.people import KEY, NOW, rulebook, trigger

TILLS = Path(__file__).parents[3] / "docs/examples/offer_redemptions.yaml"
CRM = SourceContract.model_validate(
    {
        "name": "crm", "record": "person", "format": {"kind": "csv"}, "key": ["id"],
        "fields": {"email": {"column": "e"}},
    }
)  # fmt: skip


def contract() -> SourceContract:
    return SourceContract.model_validate({"name": "offer_redemptions", **yaml.safe_load(TILLS.read_text())})


class Shop:
    """Two customers of the same books, of whom the first was made an offer."""

    def __init__(self) -> None:
        mug = Offer(id="mug", label={"en": "A mug"}, code="MUG", unique=True, fulfilment="queue")
        self.book: Rulebook = rulebook(trigger("a", offer="mug")).model_copy(
            update={"offers": {"mug": mug}, "sources": {"offer_redemptions": contract()}}
        )
        self.store, self.index = InMemoryCustomerStore(), InMemoryIdentityIndex()
        self.loading = Loading(self.index, self.store, self.book, KEY, NOW)
        for n, town in enumerate(("Albany", "Troy")):
            person: dict[str, str | int | float | bool | None]
            person = {"email": f"x{n}@example.com", "surname": f"Miller{n}", "city": town, "country": "US"}
            self.load(CRM, StagedRow(source="crm", id=str(n), person=person, **self.stem(n)))
        (decision,) = reserve(
            self.store, self.home("crm/0"), None, [Candidate("a", "once", NOW + timedelta(days=9))],
            policy_of(self.book), NOW, KEY,
        )  # fmt: skip
        assert isinstance(decision, Reserved), decision
        (made,) = self.offers()
        self.code = made.code

    @staticmethod
    def stem(line: int) -> dict[str, Any]:
        return {"contract": 1, "file": "f", "line": line, "when": NOW, "stated": NOW, "version": f"v{line}"}

    def load(self, source: SourceContract, row: StagedRow) -> None:
        apply_rows([row], source, self.loading)

    def home(self, subject: str) -> str:
        return self.index.read_records([subject])[subject].customer_id

    def offers(self) -> list[MadeOffer]:
        return offers_of(self.store.read_profile(self.home("crm/0")).profile, self.book.offers)

    def redeem(self, code: str, receipt: str = "r1") -> None:
        event: dict[str, str | int | float | bool | None] = {
            "offer": code,
            "type": "redeemed",
            "division": "cars",
        }
        row = StagedRow(source="offer_redemptions", id=receipt, customer=code, event=event, **self.stem(9))
        self.load(contract(), row)


def test_a_till_that_knows_only_the_code_redeems_for_the_right_customer() -> None:
    shop = Shop()
    shop.redeem(shop.code)
    (made,) = shop.offers()
    assert (made.state, made.code) == ("redeemed", shop.code)
    (waiting,) = to_fulfil(shop.store, shop.book, NOW, 10)
    assert waiting.customer_id == shop.home("crm/0") == shop.home(f"offers/{shop.code}")
    shop.redeem(shop.code)
    assert len(to_fulfil(shop.store, shop.book, NOW, 10)) == 1


def test_a_code_follows_its_holder_through_a_merge() -> None:
    shop = Shop()
    desk = Desk(shop.index, shop.store, shop.book.identity, KEY, NOW, "mia")
    merge_customers(desk, shop.home("crm/0"), shop.home("crm/1"))
    assert shop.home("crm/0") == shop.home("crm/1")
    shop.redeem(shop.code)
    (made,) = shop.offers()
    assert made.state == "redeemed"


def test_a_code_that_nobody_holds_redeems_for_no_customer_there_is() -> None:
    shop = Shop()
    shop.redeem("MUG-XXXX-XXXX-XXXX")
    (made,) = shop.offers()
    assert made.state == "offered"
    assert shop.home("offers/MUG-XXXX-XXXX-XXXX") not in (shop.home("crm/0"), shop.home("crm/1"))


def test_redeeming_draws_no_other_lot_for_the_control_groups() -> None:
    shop = Shop()
    before = shop.store.read_profile(shop.home("crm/0")).profile
    shop.redeem(shop.code)
    after = shop.store.read_profile(shop.home("crm/0")).profile
    assert f"offers/{shop.code}" in after.subjects
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        policy = policy_of(rulebook(trigger("a", control_share=share), global_control=share))
        plan = policy.plan("a")
        assert in_control(policy, plan, before, KEY) == in_control(policy, plan, after, KEY)


def test_the_shipped_example_of_a_contract_holds_together() -> None:
    assert check(Shop().book) == []
