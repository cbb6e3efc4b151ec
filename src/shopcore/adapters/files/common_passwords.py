"""The bundled list of passwords that everybody tries first."""

from functools import cache
from importlib.resources import files


@cache
def common_passwords() -> frozenset[str]:
    """Some thousands, in lower case; read once."""
    text = (files(__package__) / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
