"""Finding customers by exact keys: all the keys given must lead to them, and nothing is guessed."""

from courtesy.identity.find import find_customers
from courtesy.identity.memory import MemoryIndex
from tests.fakes import InMemoryCustomerStore
from tests.unit.identity.people import KEY, arrive, record

NOBODY = InMemoryCustomerStore()
"""No timelines: nobody here was corrected."""


def test_all_the_keys_must_lead_to_the_customer() -> None:
    index = MemoryIndex()
    placed = arrive(
        index,
        [
            record(
                "crm/1", given_name="Eva", email="eva@mail.test", phone="+13125550101", loyalty_no="L-100"
            ),
            record("crm/2", given_name="Tom", email="tom@mail.test", phone="+13125550102"),
        ],
    )
    eva, tom = placed["crm/1"].customer_id, placed["crm/2"].customer_id
    assert find_customers(index, NOBODY, KEY, email=" EVA@mail.test") == [eva]
    assert find_customers(index, NOBODY, KEY, phone="(312) 555-0102") == [tom]
    assert find_customers(index, NOBODY, KEY, subject="crm/2") == [tom]
    assert find_customers(index, NOBODY, KEY, loyalty_no="L 100", email="eva@mail.test") == [eva]
    assert find_customers(index, NOBODY, KEY, email="eva@mail.test", phone="(312) 555-0102") == []


def test_what_is_no_key_leads_to_nobody() -> None:
    index = MemoryIndex()
    arrive(index, [record("crm/1", given_name="Eva", email="eva@mail.test")])
    assert find_customers(index, NOBODY, KEY) == []
    assert find_customers(index, NOBODY, KEY, email="eva") == []
    assert find_customers(index, NOBODY, KEY, subject="crm/9") == []
