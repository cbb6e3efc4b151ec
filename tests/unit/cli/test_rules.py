"""`shop shipping`, `shop tax`, `shop coupons`: the merchant's rules, by options or as JSON."""

import json
from typing import Any

import pytest
from tests.unit.cli.conftest import Run, complaint, decoded

BY_WEIGHT = {
    "code": "parcel",
    "title": "Parcel",
    "kind": "by_weight",
    "rates": {"EUR": {"tiers": [{"price": 490, "up_to": 5000}, {"price": 990}]}},
    "countries": ["DE", "AT"],
}


def test_a_flat_way_to_send_is_put_and_removed(shop: Run) -> None:
    """In the shop's currency unless another is named."""
    shop("shipping", "put", "express", "--title", "Express", "--price", "9.90", "--free-over", "100", "--country", "DE")
    (express,) = (each for each in decoded(shop("shipping", "list", "--json")) if each["code"] == "express")

    assert express["rates"] == {"USD": {"tiers": [{"price": 990, "up_to": None}], "free_over": 10_000}}
    assert "9.90 USD, free over 100.00 USD" in shop("shipping", "list").stdout
    shop("shipping", "remove", "express")
    assert "express" not in shop("shipping", "list").stdout
    assert complaint(shop("shipping", "remove", "express", status=1)) == "there is no such rule"


def test_a_rule_as_json_is_read_as_it_is_listed(shop: Run) -> None:
    """What `list --json` prints is what `put --from -` takes."""
    shop("shipping", "put", "--from", "-", said=json.dumps(BY_WEIGHT))
    (listed,) = (each for each in decoded(shop("shipping", "list", "--json")) if each["code"] == "parcel")
    shop("shipping", "put", "--from", "-", said=json.dumps(listed | {"title": "By post"}))

    assert "By post" in shop("shipping", "list").stdout
    assert "4.90 EUR to 9.90 EUR" in shop("shipping", "list").stdout


@pytest.mark.parametrize(
    ("change", "reason", "status"),
    [
        ({"rates": {"EUR": {"tiers": [{"price": 490, "upto": 5000}]}}}, "no field rates/EUR/tiers/0/upto", 2),
        ({"colour": "red"}, "no field colour", 2),
        ({"kind": "by_colour"}, "$.kind", 2),
        ({"rates": {"EUR": {"tiers": [{"price": "4.90"}]}}}, "price", 2),
        ({"rates": {"XXZ": {"tiers": [{"price": 490}]}}}, "rates/XXZ: must be an ISO 4217 code", 1),
        ({"countries": ["XX"]}, "countries/0: must be an ISO 3166-1", 1),
        ({"rates": {"EUR": {"tiers": []}}}, "rates/EUR/tiers: must hold at least one tier", 1),
    ],
)
def test_a_wrong_rule_is_refused_by_field(shop: Run, change: dict[str, Any], reason: str, status: int) -> None:
    """What is not understood is refused too: a misspelt limit would be none at all."""
    line = complaint(shop("shipping", "put", "--from", "-", said=json.dumps(BY_WEIGHT | change), status=status))

    assert reason in line
    assert "parcel" not in shop("shipping", "list").stdout


def test_text_that_is_no_json_is_refused_in_one_line(shop: Run) -> None:
    """Also half of it."""
    assert complaint(shop("tax", "put", "--from", "-", said='{"name": ', status=2)).startswith("the JSON of the rule: ")
    assert "nowhere.json" in complaint(shop("tax", "put", "--from", "nowhere.json", status=2))


def test_options_that_are_missing_are_named(shop: Run) -> None:
    """Or the file that would say it all."""
    assert "Missing TITLE or --from" in complaint(shop("shipping", "put", "express", "--price", "1", status=2))
    assert "Missing PERCENT or --from" in complaint(shop("tax", "put", "--name", "VAT", "--country", "DE", status=2))
    assert "one of --percent" in complaint(shop("coupons", "put", "HELLO", status=2))
    assert "one of --percent" in complaint(shop("coupons", "put", "HELLO", "--off", "1", "--percent", "1", status=2))


def test_a_tax_is_put_changed_and_removed(shop: Run) -> None:
    """A rate with its place, in the price or on top."""
    shop("tax", "put", "--name", "Sales tax", "--country", "US", "--region", "CA", "--percent", "8.25", "--on-shipping")
    (rate,) = decoded(shop("tax", "list", "--json"))
    assert (rate["millionths"], rate["included"], rate["on_shipping"]) == (82_500, False, True)
    assert "8.25 %" in shop("tax", "list").stdout

    shop("tax", "put", "--id", rate["id"], "--name", "VAT", "--country", "DE", "--percent", "19", "--included")
    (changed,) = decoded(shop("tax", "list", "--json"))
    assert (changed["id"], changed["millionths"], changed["included"]) == (rate["id"], 190_000, True)

    shop("tax", "remove", rate["id"])
    assert decoded(shop("tax", "list", "--json")) == []


@pytest.mark.parametrize("percent", ["8.25555", "much", "1/0", ""])
def test_a_percentage_is_not_rounded(shop: Run, percent: str) -> None:
    """One that cannot be kept as it is, is refused by name."""
    line = complaint(shop("tax", "put", "--name", "X", "--country", "DE", "--percent", percent, status=2))

    assert "'--percent'" in line


def test_a_coupon_is_put_and_switched_off(shop: Run) -> None:
    """Each kind, with its limits and dates."""
    shop("coupons", "put", "TEN", "--percent", "10", "--per-customer", "1", "--limit", "500")
    shop(
        "coupons", "put", "FIVE", "--off", "5", "--minimum", "30", "--currency", "EUR", "--ends", "2030-01-01T00:00:00Z"
    )
    shop("coupons", "put", "POST", "--free-shipping", "--inactive", "--limit", "1")

    found = {coupon["code"]: coupon for coupon in decoded(shop("coupons", "list", "--json"))}

    assert (found["TEN"]["basis_points"], found["TEN"]["usage_limit"]) == (1000, 500)
    assert (found["FIVE"]["amount_off"], found["FIVE"]["minimum"]) == ({"EUR": 500}, {"EUR": 3000})
    assert found["FIVE"]["ends_at"] == "2030-01-01T00:00:00Z"
    assert (found["POST"]["kind"], found["POST"]["active"]) == ("free_shipping", False)
    table = shop("coupons", "list").stdout
    told = ("10 %", "5.00 EUR", "30.00 EUR", "switched off, 1 order\n", "500 orders")
    assert [part for part in told if part not in table] == []


def test_a_wrong_coupon_is_refused_by_field(shop: Run) -> None:
    """Time without a zone, amount, code and currency."""
    assert "'--ends'" in complaint(shop("coupons", "put", "TEN", "--percent", "10", "--ends", "tomorrow", status=2))
    naive = shop("coupons", "put", "TEN", "--percent", "10", "--ends", "2030-01-01T00:00:00", status=1)
    assert complaint(naive) == "ends_at: must say its time zone"
    assert complaint(shop("coupons", "put", "TEN", "--off", "x", status=1)) == "--off: 'x' is not an amount"
    assert complaint(shop("coupons", "put", "ten", "--percent", "10", status=1)).startswith("code: must be")
    assert "XXZ" in complaint(shop("coupons", "put", "TEN", "--off", "1", "--currency", "XXZ", status=1))
