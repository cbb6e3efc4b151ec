"""Prints the map of personal data: `python docs/personal_data.py` writes the page anew."""

from collections.abc import Iterator
from pathlib import Path

from shopcore.privacy.model.data_map import BESIDE, PERSONS
from shopcore.privacy.model.documents_map import DOCUMENTS
from shopcore.privacy.model.goods_map import GOODS
from shopcore.privacy.model.personal_data import Declared

PAGE = Path(__file__).parent / "reference" / "personal-data.md"

HEAD = """# Personal data

Every personal field that a shop stores: in what form, what for, where `GET /me/export` has it, and when it is gone
after `DELETE /me`. Personal is what says who somebody is, where they are, or whose something is; what they said or mean
to buy; and what they prove themselves by. It is the register that GDPR, article 30, asks for, as far as a program can
write it.

*Sealed* is encrypted (AES-256-GCM), *hashed* a SHA-256, a *blind index* a digest that needs a key, *plain* readable for
whoever has the store. What *stays* is kept for the books; once the account is gone, its id leads to nobody.

This page is written by `python docs/personal_data.py` from `shopcore.privacy.model.data_map`, and a test fails for a
field that is stored and not declared there.
"""

IN_REDIS = """## In Redis

Limits count by a keyed digest of an address or account, pages are the catalogue's, and events are ids and figures; each
is gone by itself, limits within seconds of the longest window."""


def page() -> str:
    """The whole page."""
    names = {kind.__name__: declared for kind, declared in PERSONS.items()}
    columns = {f"`{table}`": declared for table, declared in BESIDE.items()}
    documents = {f"`{name}`": declared for name, declared in DOCUMENTS.items() if declared.personal}
    goods = ", ".join(f"`{kind.__name__}`" for kind in GOODS)
    none = ", ".join(f"`{name}`" for name, declared in names.items() if not declared.personal)
    return "\n".join(
        (
            HEAD,
            *_table("of", names),
            "",
            "## Columns beside",
            "",
            *_table("table", columns),
            "",
            "## Fields beside, on MongoDB",
            "",
            *_table("collection", documents),
            "",
            IN_REDIS,
            "",
            "## Nothing personal",
            "",
            f"In themselves: {none}. Goods, stock, prices and keys: {goods}.",
            "",
        )
    )


def _table(first: str, declared: dict[str, Declared]) -> Iterator[str]:
    yield f"| {first} | fields | stored in | as | what for | in the export | gone |"
    yield f"|{' --- |' * 7}"
    for name, one in declared.items():
        for each in one.personal:
            fields = ", ".join(f"`{field}`" for field in each.fields)
            shown = "" if each.exported is None else ", ".join(f"`{key}`" for key in each.exported.split(", "))
            yield f"| {name} | {fields} | {one.where} | {each.kept} | {each.why} | {shown} | {each.gone} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
