"""`shop oauth-clients`."""

from tests.unit.cli.conftest import Run, complaint, decoded

from shopcore.kernel.sealing import token_hash


def test_a_client_is_registered_listed_and_removed(shop: Run) -> None:
    """Its secret is printed once; the list has who acts for whom, and no secret."""
    made = shop("oauth-clients", "add", "Warehouse", "-s", "inventory:write", "-s", "inventory:read")
    client_id, secret = (line.split()[1] for line in made.stdout.splitlines())
    app = decoded(shop("oauth-clients", "add", "App", "--public", "-r", "com.example.app:/b", "-s", "cart", "--json"))
    listed = shop("oauth-clients", "list", "--json")
    told = shop("oauth-clients", "list").stdout

    assert [(each["id"], each["public"], each["scopes"]) for each in decoded(listed)] == [
        (client_id, False, ["inventory:read", "inventory:write"]),
        (app["id"], True, ["cart"]),
    ]
    assert app["secret"] is None
    assert "for itself" in told
    assert "for people, public" in told
    for text in (secret, token_hash(secret)):
        assert text not in listed.stdout + told + made.stderr
    shop("oauth-clients", "remove", client_id)
    assert "there is no such client" in complaint(shop("oauth-clients", "remove", client_id, status=1))
    assert [each["id"] for each in decoded(shop("oauth-clients", "list", "--json"))] == [app["id"]]


def test_what_cannot_be_is_named(shop: Run) -> None:
    """A scope that there is not, an address that anybody can have, a public client that acts for itself."""
    for more, field in (
        (("-s", "orders:steal"), "scopes/0"),
        (("-s", "staff:write"), "scopes/0"),
        (("-s", "orders", "-r", "http://app.example"), "redirect_uris/0"),
        (("-s", "orders:read", "--public"), "redirect_uris"),
    ):
        assert field in complaint(shop("oauth-clients", "add", "App", *more, status=1))


def test_a_secret_and_an_address_are_changed(shop: Run) -> None:
    """The secret is printed once; what has none has none to change."""
    made = shop("oauth-clients", "add", "Warehouse", "-s", "inventory:read")
    client_id, secret = (line.split()[1] for line in made.stdout.splitlines())
    app = decoded(shop("oauth-clients", "add", "App", "--public", "-r", "com.example.app:/b", "-s", "cart", "--json"))
    renewed = shop("oauth-clients", "renew-secret", client_id).stdout.split()[1]
    shop("oauth-clients", "redirect", app["id"], "-r", "com.example.app:/back")
    _, listed = decoded(shop("oauth-clients", "list", "--json"))

    assert renewed.startswith("shopsecret_")
    assert renewed != secret
    assert listed["redirect_uris"] == ["com.example.app:/back"]
    assert "has no secret" in complaint(shop("oauth-clients", "renew-secret", app["id"], status=1))
