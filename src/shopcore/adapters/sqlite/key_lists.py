"""Many keys as one parameter, which SQL takes apart again with `json_each(?)`."""

from collections.abc import Sequence

import msgspec

_encode = msgspec.json.Encoder().encode


def key_list(keys: Sequence[str] | Sequence[int]) -> str:
    """The keys as the text of a JSON array."""
    return _encode(keys).decode()
