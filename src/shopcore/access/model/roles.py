"""Roles: named sets of permissions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from shopcore.access.errors import RoleBuiltIn
from shopcore.access.model.permissions import FOR_PEOPLE_ONLY, PERMISSIONS, unknown_in
from shopcore.kernel.actor import EVERYTHING
from shopcore.kernel.errors import FieldError, InvalidInput

_LONGEST_NAME = 40
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LONGEST_DESCRIPTION = 200

OWNER = "owner"


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What those who have it may do. `permissions` are sorted, each once."""

    name: str
    description: str
    permissions: tuple[str, ...]


def _built_in(name: str, description: str, permissions: Iterable[str]) -> Role:
    return Role(name=name, description=description, permissions=tuple(sorted(permissions)))


_EVERY_DAY = PERMISSIONS.keys() - FOR_PEOPLE_ONLY - {"jobs:write", "payments:write", "webhooks:write"}

BUILT_IN: Mapping[str, Role] = MappingProxyType(
    {
        role.name: role
        for role in (
            _built_in(OWNER, "May do everything, and makes others owners.", [EVERYTHING]),
            _built_in("manager", "Runs the shop from day to day, and looks into everything.", _EVERY_DAY),
            _built_in("editor", "Looks after the catalogue.", ["catalog:read", "catalog:write", "inventory:read"]),
            _built_in(
                "fulfilment",
                "Packs and sends.",
                ["inventory:read", "inventory:write", "orders:read", "orders:write"],
            ),
            _built_in(
                "support",
                "Helps buyers, and gives money back.",
                ["catalog:read", "customers:read", "inventory:read", "orders:read", "orders:refund", "orders:write"],
            ),
            _built_in(
                "auditor", "Reads what was done, and changes nothing.", ["audit:read", "roles:read", "staff:read"]
            ),
        )
    }
)
"""The roles that every shop has."""


def new_role(name: str, description: str, permissions: Iterable[str]) -> Role:
    """A role of the shop's own. Raises `InvalidInput` naming each bad field, or `RoleBuiltIn`."""
    if name in BUILT_IN:
        raise RoleBuiltIn
    wanted = list(permissions)
    problems = [*_problems(name, description), *unknown_in(wanted, "permissions")]
    if not wanted:
        problems.append(FieldError(field="permissions", code="required", message="must name at least one permission"))
    if problems:
        raise InvalidInput(*problems)
    return Role(name=name, description=description, permissions=tuple(sorted(set(wanted))))


def permissions_of(names: Iterable[str], own: Sequence[Role]) -> frozenset[str]:
    """What these roles may do together; a role that is not there any more may do nothing."""
    known = {role.name: role for role in own} | dict(BUILT_IN)
    return frozenset(permission for name in names if name in known for permission in known[name].permissions)


def require_known(names: Sequence[str], own: Sequence[Role]) -> None:
    """Raise `InvalidInput` for a role that is not there, or no role at all."""
    known = {*BUILT_IN, *(role.name for role in own)}
    problems = [
        FieldError(
            field=f"roles/{index}", code="unknown_role", message=f"{name[:_LONGEST_NAME]!r} is not a role of this shop"
        )
        for index, name in enumerate(names)
        if name not in known
    ]
    if not names:
        problems.append(FieldError(field="roles", code="required", message="must name at least one role"))
    if problems:
        raise InvalidInput(*problems)


def _problems(name: str, description: str) -> list[FieldError]:
    problems = []
    if not _NAME.fullmatch(name):
        message = "must be lower case letters, digits and hyphens, at most 40, with a letter first"
        problems.append(FieldError(field="name", code="invalid_format", message=message))
    if len(description) > _LONGEST_DESCRIPTION or not description.isprintable():
        message = f"must be at most {_LONGEST_DESCRIPTION} printable characters"
        problems.append(FieldError(field="description", code="invalid_text", message=message))
    return problems
