"""Writes down who may do what: `python docs/permissions.py` writes the page anew."""

from collections.abc import Iterator
from pathlib import Path

from shop_http.openapi import OPERATION
from shop_http.routes.served import ROUTES
from shopcore.access.model import BUILT_IN, FOR_PEOPLE_ONLY, INTERNAL, NEEDS, PERMISSIONS

PAGE = Path(__file__).parent / "reference" / "permissions.md"

HEAD = """# Permissions

What a member of staff or an API key may do is a set of permissions. A buyer needs none for what is theirs: their own
cart, their own orders. Whoever lacks a permission is answered 403 `forbidden`, which names it; what is not a buyer's
own is as if it were not there (404).

This page is written by `python docs/permissions.py` from the tables that the shop goes by.
"""


def page() -> str:
    """The whole page."""
    return "\n".join((HEAD, *_permissions(), "", *_roles(), "", *_internal(), ""))


def _permissions() -> Iterator[str]:
    yield from ("| permission | allows to | acts | addresses |", "| --- | --- | --- | --- |")
    for name, allows in PERMISSIONS.items():
        people = " **People only**, no API key." if name in FOR_PEOPLE_ONLY else ""
        acts = ", ".join(f"`{act}`" for act, needed in NEEDS.items() if needed == name)
        addresses = ", ".join(f"`{address}`" for address in _addresses(name))
        yield f"| `{name}` | {allows}{people} | {acts} | {addresses} |"


def _addresses(permission: str) -> Iterator[str]:
    for handler in ROUTES:
        operation = handler.opt.get(OPERATION)
        if operation is not None and operation.permission == permission:
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                yield f"{method} {min(handler.paths).replace(':str', '')}"


def _roles() -> Iterator[str]:
    yield from ("## Roles that every shop has", "", "| role | | permissions |", "| --- | --- | --- |")
    for role in sorted(BUILT_IN.values(), key=lambda role: role.name):
        yield f"| `{role.name}` | {role.description} | {', '.join(f'`{each}`' for each in role.permissions)} |"


def _internal() -> Iterator[str]:
    yield from ("## What only the shop itself does", "", "| permission | |", "| --- | --- |")
    for name, allows in INTERNAL.items():
        yield f"| `{name}` | {allows} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
