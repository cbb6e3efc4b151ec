"""`shop roles` and `shop api-keys`."""

from tests.unit.cli.conftest import Run, complaint, decoded, inside


def test_a_role_is_made_shown_and_removed(shop: Run) -> None:
    shop("roles", "put", "packer", "-p", "orders:read", "-p", "orders:write", "--description", "Packs")
    assert decoded(shop("roles", "list", "--json"))[-1] == {
        "name": "packer",
        "description": "Packs",
        "permissions": ["orders:read", "orders:write"],
    }
    assert "packer" in shop("roles", "list").stdout

    shop("roles", "remove", "packer")
    assert "there is no such role" in complaint(shop("roles", "remove", "packer", status=1))


def test_what_is_no_permission_is_named(shop: Run) -> None:
    said = complaint(shop("roles", "put", "packer", "-p", "orders:steal", status=1))

    assert "permissions/0" in said


def test_a_key_is_printed_once_and_alone(shop: Run) -> None:
    """So that a script can take it, and nothing that is listed later shows it."""
    made = shop("api-keys", "create", "Warehouse", "-p", "inventory:write", "--days", "30")
    secret = made.stdout.strip()
    integration = inside(lambda opened: opened.admit_integration(secret))
    listed = shop("api-keys", "list", "--json")
    (key,) = decoded(listed)

    assert integration.name == key["id"]
    assert secret not in listed.stdout + shop("api-keys", "list").stdout + made.stderr
    assert key["ending"] == secret[-4:]
    shop("api-keys", "revoke", key["id"])
    assert "there is no such API key" in complaint(shop("api-keys", "revoke", key["id"], status=1))
