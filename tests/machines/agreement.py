"""What can be asked of a store, as data: each act is named, takes small arguments, and answers something comparable."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from hypothesis import strategies as st
from tests.contracts.stores import Store
from tests.machines.agreement_goods import GOODS
from tests.machines.agreement_sales import SALES

Act: TypeAlias = Callable[[Store], Awaitable[Any]]

ACTS = {**SALES, **GOODS}


@st.composite
def acts(draw: st.DrawFn, of: Mapping[str, tuple[Any, ...]]) -> tuple[str, Act]:
    """One act, and how it reads."""
    name = draw(st.sampled_from(sorted(of)))
    arguments = [draw(one) for one in of[name][1:]]
    return f"{name}{tuple(arguments)}", lambda store: of[name][0](store, *arguments)


def plain(value: Any) -> Any:
    """An answer as something that can be compared, whatever sequence or mapping a store likes."""
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    if isinstance(value, msgspec.Struct):
        return type(value).__name__, plain(msgspec.structs.asdict(value))
    if isinstance(value, Mapping):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
