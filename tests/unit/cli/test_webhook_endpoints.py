"""`shop webhook-endpoints`: the merchant's other systems, on the shop's machine."""

from tests.unit.cli.conftest import Buy, Run, complaint, decoded

INSIDE = "https://127.0.0.1:9/hooks"
"""What is not public: nothing is ever sent there."""


def only(shop: Run) -> dict[str, object]:
    (found,) = decoded(shop("webhook-endpoints", "list", "--json"))
    return dict(found)


def test_one_is_added_seen_turned_off_and_on_and_removed(shop: Run) -> None:
    """Its secret is alone on standard output, and in no list."""
    added = shop("webhook-endpoints", "add", INSIDE, "-e", "order.paid", "--description", "The books")
    there = only(shop)
    endpoint = str(there["id"])
    turned = shop("webhook-endpoints", "rotate", endpoint)
    shop("webhook-endpoints", "off", endpoint)
    is_off = only(shop)["is_on"]
    shop("webhook-endpoints", "on", endpoint)
    listed = shop("webhook-endpoints", "list").output
    shop("webhook-endpoints", "remove", endpoint)

    assert added.stdout.startswith("whsec_")
    assert turned.stdout.startswith("whsec_")
    assert (there["url"], there["events"], there["description"]) == (INSIDE, ["order.paid"], "The books")
    assert is_off is False
    assert endpoint in listed
    assert "whsec_" not in listed
    assert decoded(shop("webhook-endpoints", "list", "--json")) == []


def test_what_was_sent_is_seen_and_sent_again(shop: Run, buy: Buy) -> None:
    shop("webhook-endpoints", "add", INSIDE)
    endpoint = str(only(shop)["id"])
    buy()
    sent = decoded(shop("webhook-endpoints", "deliveries", endpoint, "--json"))
    first = sent[-1]["event_id"]
    shop("webhook-endpoints", "resend", endpoint, first)
    shop("webhook-endpoints", "replay", endpoint, "--after", first)

    assert [each["type"] for each in sent] == ["order.paid", "order.placed"]
    assert "not public" in shop("webhook-endpoints", "deliveries", endpoint).output
    assert decoded(shop("webhook-endpoints", "deliveries", endpoint, "--json"))[-1]["round"] == 2


def test_what_is_no_address_is_refused(shop: Run) -> None:
    assert "https://" in complaint(shop("webhook-endpoints", "add", "http://example.org/", status=1))
