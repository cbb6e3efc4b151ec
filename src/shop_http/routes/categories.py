"""The category tree."""

from collections.abc import Mapping, Sequence

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from shop_http.answers import PUBLIC, json_answer
from shop_http.openapi import OPERATION, Operation
from shop_http.visit import Visit
from shopcore.catalog.model import Category


class CategoryName(msgspec.Struct, frozen=True, kw_only=True):
    """A category, by name."""

    id: str
    slug: str
    title: str


class CategoryNode(CategoryName, frozen=True, kw_only=True):
    """A category with what is below it."""

    children: tuple["CategoryNode", ...]


class CategoryTree(msgspec.Struct, frozen=True, kw_only=True):
    """All categories; the whole tree is one page."""

    items: tuple[CategoryNode, ...]
    next_cursor: None = None


class CategoryShown(CategoryName, frozen=True, kw_only=True):
    """A category with the ones above it, the topmost first, and the ones right below it."""

    ancestors: tuple[CategoryName, ...]
    children: tuple[CategoryName, ...]


@get(
    "/categories",
    opt={OPERATION: Operation(tag="catalogue", public=True, answers={200: CategoryTree}, answer_headers=("ETag",))},
)
async def list_categories(visit: NamedDependency[Visit]) -> ASGIResponse:
    """Show the category tree."""
    everything = await visit.public.catalog.list_categories()
    return json_answer(CategoryTree(items=tree_of(everything)), cache=PUBLIC).to_asgi()


@get(
    "/categories/{slug:str}",
    opt={
        OPERATION: Operation(
            tag="catalogue", public=True, answers={200: CategoryShown}, refuses=(404,), answer_headers=("ETag",)
        )
    },
)
async def show_category(visit: NamedDependency[Visit], slug: FromPath[str]) -> ASGIResponse:
    """Show one category with the ones around it."""
    category = await visit.public.catalog.show_category(slug=slug)
    everything = await visit.public.catalog.list_categories()
    return json_answer(placed(category, everything), cache=PUBLIC).to_asgi()


def name_of(category: Category) -> CategoryName:
    """A category, by name."""
    return CategoryName(id=category.id, slug=category.slug, title=category.title)


def names_of(categories: Sequence[Category]) -> Mapping[str, CategoryName]:
    """The names of categories, by id."""
    return {category.id: name_of(category) for category in categories}


def tree_of(categories: Sequence[Category], parent_id: str | None = None) -> tuple[CategoryNode, ...]:
    """The categories below a parent, each with its own, in the order given."""
    return tuple(
        CategoryNode(id=each.id, slug=each.slug, title=each.title, children=tree_of(categories, each.id))
        for each in categories
        if each.parent_id == parent_id
    )


def placed(category: Category, everything: Sequence[Category]) -> CategoryShown:
    """A category with the ones around it."""
    by_id = {each.id: each for each in everything}
    ancestors: list[CategoryName] = []
    above = by_id.get(category.parent_id) if category.parent_id else None
    while above is not None:
        ancestors.insert(0, name_of(above))
        above = by_id.get(above.parent_id) if above.parent_id else None
    children = tuple(name_of(each) for each in everything if each.parent_id == category.id)
    name = name_of(category)
    return CategoryShown(id=name.id, slug=name.slug, title=name.title, ancestors=tuple(ancestors), children=children)
