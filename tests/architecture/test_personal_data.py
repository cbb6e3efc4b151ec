"""Whatever is stored is declared: personal with all that follows, or not personal."""

import importlib
import pkgutil
import runpy
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import msgspec

import shopcore.adapters.mongo
import shopcore.adapters.sqlite
from shopcore.adapters.mongo.schema.migration import COLLECTIONS
from shopcore.adapters.sqlite import migrations
from shopcore.cart.model import Cart
from shopcore.identity.model import Account, Session
from shopcore.ordering.model import Order
from shopcore.privacy.model.data_map import BESIDE, PERSONS
from shopcore.privacy.model.documents_map import DOCUMENTS
from shopcore.privacy.model.goods_map import GOODS
from shopcore.privacy.model.personal_data import Declared, faults

ROOT = Path(__file__).parents[2]
MAP = {**PERSONS, **GOODS}

NOT_STORED = frozenset(
    "CouponHolder Counts Sales Depth Facets FacetValue LevelChange NewJob OrderFilter Pace PaymentFilter PaymentTotal"
    " PricingRules ProductFilter SearchHits Slice Tally".split()
)
"""What a store is asked with, and answers with. `Kept…` are what a move carries: a Struct, and columns beside it."""

TECHNICAL = frozenset("body sealed version ended done_at due_at key single".split())
SAME_ROWS: dict[str, type[msgspec.Struct]] = {"accounts": Account, "sessions": Session, "carts": Cart, "orders": Order}
ALONE = ("account_emails", "passkeys", "coupon_redemptions", "spent_tokens")


def modules_of(*packages: ModuleType) -> Iterator[ModuleType]:
    for package in packages:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def structs_in(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """Every Struct that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and hint is not msgspec.Struct:
        yield hint
    for argument in get_args(hint):
        yield from structs_in(argument)


def handled(modules: Iterable[ModuleType]) -> set[type[msgspec.Struct]]:
    """Every Struct that a store has to do with, and all that those are made of: whatever is stored is among them."""
    waiting = [kind for module in modules for value in vars(module).values() for kind in structs_in(value)]
    found: set[type[msgspec.Struct]] = set()
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found.add(kind)
            waiting += [part for hint in get_type_hints(kind).values() for part in structs_in(hint)]
    return found


def stored() -> set[type[msgspec.Struct]]:
    """Those that are stored. A store's own `_Secrets` are fields of another Struct, which a test sees to."""
    return {
        kind
        for kind in handled(modules_of(shopcore.adapters.sqlite, shopcore.adapters.mongo))
        if kind.__name__ not in NOT_STORED and not kind.__name__.startswith(("Kept", "_"))
    }


def undeclared(kinds: Iterable[type[msgspec.Struct]]) -> set[str]:
    return {kind.__name__ for kind in kinds if kind not in MAP}


def parts_of(kind: type[msgspec.Struct]) -> set[str]:
    return {name for name, hint in get_type_hints(kind).items() if any(structs_in(hint))}


def columns() -> dict[str, tuple[str, ...]]:
    """Of every table, once all migrations have run."""
    with sqlite3.connect(":memory:") as opened:
        for script in sorted(Path(migrations.__path__[0]).glob("*.sql")):
            opened.executescript(script.read_text(encoding="utf-8"))
        tables = opened.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        found = {table: opened.execute("SELECT name FROM pragma_table_info(?)", (table,)) for (table,) in tables}
        names = {table: tuple(name for (name,) in rows) for table, rows in found.items()}
    opened.close()
    return names


def beside(table: str, there: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that the Struct in a table does not have."""
    same = SAME_ROWS[table].__struct_fields__ if table in SAME_ROWS else ()
    known = {*same, *TECHNICAL} if table in SAME_ROWS else set()
    if table == "orders":
        known -= {"email"}
    return tuple(name for name in there if name not in known)


def test_every_struct_that_is_stored_is_declared() -> None:
    assert undeclared(stored()) == set()
    assert {kind.__name__ for kind in MAP} - {kind.__name__ for kind in stored()} == set()


def test_every_field_is_declared_once() -> None:
    wrong = {kind.__name__: faults(declared, kind.__struct_fields__) for kind, declared in MAP.items()}

    assert {name: each for name, each in wrong.items() if each} == {}


def test_what_holds_structs_is_told_by_them() -> None:
    """So nothing personal hides in a field that is said not to be."""
    wrong = {kind.__name__: set(declared.parts) ^ parts_of(kind) for kind, declared in MAP.items()}

    assert {name: each for name, each in wrong.items() if each} == {}


def test_what_a_store_seals_by_itself_is_personal() -> None:
    """Its Structs are made of fields that are declared elsewhere, as sealed or as parts."""
    own = {
        name
        for kind in handled(modules_of(shopcore.adapters.sqlite, shopcore.adapters.mongo))
        if kind.__name__.startswith("_")
        for name in kind.__struct_fields__
    }
    known = {name for declared in PERSONS.values() for each in declared.personal for name in each.fields}
    parts = {name for declared in PERSONS.values() for name in declared.parts}

    assert own
    assert own <= known | parts


def beside_structs(name: str, fields: Iterable[str]) -> set[str]:
    """The fields of a collection that neither a Struct in it has, nor the table of its name."""
    told = [one for one in (*MAP.values(), *BESIDE.values()) if one.where == name]
    known = {"sealed", "version", *(field for one in told for field in one.fields)}
    return set(fields) - known - ({"_id"} if told else set())


def test_every_field_beside_a_struct_is_declared_on_mongodb() -> None:
    """A collection that holds no Struct at all declares its `_id` too."""
    there = {one.name: beside_structs(one.name, one.fields) for one in COLLECTIONS}
    said = {name: set(one.fields) for name, one in DOCUMENTS.items()}

    assert {name: fields for name, fields in there.items() if fields - said.get(name, set())} == {}
    assert {name: fields for name, fields in said.items() if fields - there[name]} == {}


def test_a_field_that_nobody_declared_is_noticed() -> None:
    """On MongoDB, beside a Struct and without one."""
    assert beside_structs("carts", ["_id", "lines", "shoe_size"]) == {"shoe_size"}
    assert beside_structs("neighbours", ["_id", "name"]) == {"_id", "name"}


def test_every_column_beside_a_struct_is_declared() -> None:
    there = columns()
    wrong = {table: faults(declared, beside(table, there[table])) for table, declared in BESIDE.items()}

    assert set(BESIDE) == {*ALONE, "accounts", "carts", "orders"}
    assert {table: beside(table, there[table]) for table in SAME_ROWS if table not in BESIDE} == {
        "sessions": (),
    }
    assert {table: each for table, each in wrong.items() if each} == {}


class Nicknamed(Account, frozen=True, kw_only=True):
    """An account with one field more."""

    nickname: str | None = None


class Shorter(msgspec.Struct, frozen=True, kw_only=True):
    """What a contact might become."""

    email: str | None = None


def test_a_field_that_is_new_is_noticed() -> None:
    assert faults(MAP[Account], Nicknamed.__struct_fields__) == ("nickname is declared nowhere",)


def test_a_field_that_is_gone_is_noticed() -> None:
    declared = Declared(where="carts", parts=("shipping_address",), impersonal=("email",))

    assert faults(declared, Shorter.__struct_fields__) == ("shipping_address is declared, and is not there",)


def test_a_field_that_is_declared_twice_is_noticed() -> None:
    declared = Declared(where="carts", parts=("email",), impersonal=("email",))

    assert faults(declared, Shorter.__struct_fields__) == ("email is declared twice",)


def test_a_struct_that_a_store_takes_up_is_noticed() -> None:
    """Also where it is only a part of one that it has."""
    adapter = ModuleType("adapter")
    vars(adapter)["_decode"], vars(adapter)["Nicknamed"] = None, Nicknamed

    assert undeclared(handled([adapter])) == {"Nicknamed"}


def test_a_column_that_is_new_is_noticed() -> None:
    assert faults(BESIDE["orders"], beside("orders", (*columns()["orders"], "phone"))) == ("phone is declared nowhere",)


def test_the_reference_is_the_map() -> None:
    """`python docs/personal_data.py` writes it anew."""
    written = runpy.run_path(str(ROOT / "docs/personal_data.py"))["page"]()

    assert written == (ROOT / "docs/reference/personal-data.md").read_text(encoding="utf-8")
