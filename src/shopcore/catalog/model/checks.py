"""What a product or a category must be."""

import re
from collections.abc import Sequence

from shopcore.catalog.model.products import Category, Product, Variant
from shopcore.kernel.errors import FieldError, InvalidInput
from shopcore.kernel.money import InvalidMoney, exponent

MAX_OPTIONS = 3
MAX_VARIANTS = 2_000
LONGEST_TITLE = 255
LONGEST_DESCRIPTION = 100_000
MAX_PRICE = 10**12  # minor units: times any quantity that a cart holds it still fits the 64 bits of a store


def check(product: Product) -> Product:
    """The product itself, or `InvalidInput` naming everything that is wrong with it."""
    problems = [
        *_check_texts(product),
        *_check_options(product),
        *_check_variants(product.variants, len(product.options)),
    ]
    if problems:
        raise InvalidInput(*problems)
    return product


def check_category(category: Category) -> Category:
    """The category itself, or `InvalidInput`."""
    problems = _check_title_and_slug(category.title, category.slug)
    if problems:
        raise InvalidInput(*problems)
    return category


def _check_texts(product: Product) -> Sequence[FieldError]:
    problems = _check_title_and_slug(product.title, product.slug)
    if len(product.description) > LONGEST_DESCRIPTION:
        message = "must be at most 100,000 characters"
        return [*problems, FieldError(field="description", code="too_long", message=message)]
    return problems


def _check_title_and_slug(title: str, slug: str) -> Sequence[FieldError]:
    rules = (
        (bool(title.strip()), "title", "required", "must not be empty"),
        (len(title) <= LONGEST_TITLE, "title", "too_long", f"must be at most {LONGEST_TITLE} characters"),
        (bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)), "slug", "invalid", "must be like my-product-2"),
    )
    return [FieldError(field=field, code=code, message=message) for holds, field, code, message in rules if not holds]


def _check_options(product: Product) -> Sequence[FieldError]:
    if len(product.options) > MAX_OPTIONS:
        return [FieldError(field="options", code="too_many", message=f"must be at most {MAX_OPTIONS}")]
    return [
        FieldError(field=f"options/{index}/values", code="duplicate", message="must differ from each other")
        for index, option in enumerate(product.options)
        if len(set(option.values)) != len(option.values)
    ]


def _check_variants(variants: Sequence[Variant], option_count: int) -> Sequence[FieldError]:
    if len(variants) > MAX_VARIANTS:
        return [FieldError(field="variants", code="too_many", message=f"must be at most {MAX_VARIANTS}")]
    problems: list[FieldError] = []
    combinations: set[tuple[str, ...]] = set()
    for index, variant in enumerate(variants):
        at = f"variants/{index}"
        if len(variant.option_values) != option_count:
            message = f"must have {option_count} values, one for each option"
            problems.append(FieldError(field=f"{at}/option_values", code="invalid", message=message))
        elif variant.option_values in combinations:
            message = "another variant has the same option values"
            problems.append(FieldError(field=f"{at}/option_values", code="duplicate", message=message))
        if not variant.sku.strip():
            problems.append(FieldError(field=f"{at}/sku", code="required", message="must not be empty"))
        combinations.add(variant.option_values)
        problems.extend(_check_prices(variant, at))
    return problems


def mispriced(product: Product) -> str:
    """What is wrong with a product's prices, in words; empty when nothing is. For stores, whose products may have been
    edited by hand: what one is sold for is added to what the rest of a cart costs.
    """
    try:
        return "; ".join(
            f"{problem.field} {problem.message}"
            for index, variant in enumerate(product.variants)
            for problem in _check_prices(variant, f"variants/{index}")
        )
    except InvalidMoney as error:
        return str(error)


def _check_prices(variant: Variant, at: str) -> Sequence[FieldError]:
    problems: list[FieldError] = []
    for currency, price in variant.prices.items():
        exponent(currency)
        amounts = [money for money in (price.price, price.compare_at) if money is not None]
        if any(money.currency != currency or not 0 <= money.amount <= MAX_PRICE for money in amounts):
            message = f"must be amounts of {currency}, from 0 to {MAX_PRICE}"
            problems.append(FieldError(field=f"{at}/prices/{currency}", code="invalid", message=message))
    return problems
