"""The rules of identity as a rulebook gives them: what is refused, with a reason that names the place."""

import pytest
from pydantic import ValidationError

from courtesy.identity.link import clash, is_one
from courtesy.identity.normalise import traits_of
from courtesy.identity.rules import IdentityRules

WEIGHTS = IdentityRules().weights


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"possible": 30.0}, "`possible` must not be above `same`"),
        ({"weights": WEIGHTS | {"given": {"exact": 7.0}}}, "identity.weights.given: no weight for close"),
        ({"weights": WEIGHTS | {"shoe": {"exact": 1.0}}}, "unknown field 'shoe'"),
        ({"block_bound": 1}, "block_bound"),
    ],
)
def test_refused(given: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        IdentityRules.model_validate(given)


def test_without_families_two_whose_names_both_differ_need_something_of_their_own() -> None:
    rules = IdentityRules(families=False)
    stranger = {"given": "different", "surname": "different", "street": "exact", "born": "exact"}
    assert not is_one(stranger, rules)
    assert is_one(stranger | {"national_id": "exact"}, rules)
    assert is_one(stranger | {"number": "exact"}, rules)
    assert is_one(stranger | {"surname": "close"}, rules)
    assert not is_one({"given": "exact", "generation": "different"}, rules)


def test_without_families_only_generations_clash() -> None:
    rules = IdentityRules(families=False)
    karl, emma = traits_of({"name": "Karl Reed"}), traits_of({"name": "Emma Reed"})
    senior, junior = traits_of({"name": "Karl Reed Sr"}), traits_of({"name": "Karl Reed Jr"})
    assert not clash(karl, emma, rules)
    assert clash(karl, emma, IdentityRules())
    assert clash(senior, junior, rules)
