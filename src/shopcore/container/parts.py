"""The pieces that several use cases share: steps of processes, and ports that are made of other ports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shopcore.aftersales.steps import OrderOfActor, StopPayment
from shopcore.aftersales.steps.settling import SettlePayment
from shopcore.audit.use_cases.record_entry import RecordEntry
from shopcore.catalog.ports import Sanitizer
from shopcore.checkout.steps.agree_on_quote import AgreeOnQuote
from shopcore.checkout.steps.keyed_requests import KeyedRequests
from shopcore.checkout.steps.pay_order import AskGateway, PayOrder
from shopcore.checkout.steps.place_order import PlaceOrder
from shopcore.container import message_cases
from shopcore.container.event_jobs import telling
from shopcore.container.jobs import BINDINGS
from shopcore.container.ports import Store, World
from shopcore.jobs.use_cases.publish_events import Also, PublishEvents
from shopcore.kernel.audit import Audit
from shopcore.kernel.events import Event, Events
from shopcore.kernel.jobs import NewJob
from shopcore.notifications.steps import Deliver
from shopcore.operations.ports import EventStream
from shopcore.operations.steps.take_product import TakeProduct
from shopcore.operations.steps.take_products import TakeProducts
from shopcore.payments.model import MANUAL
from shopcore.settings import Settings
from shopcore.shopping.steps import CartOfActor, CartPricing, FindVariant


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """One of each."""

    events: Events
    audit: Audit
    sanitizer: Sanitizer
    take_products: TakeProducts
    cart_of: CartOfActor
    find_variant: FindVariant
    pricing: CartPricing
    order_of: OrderOfActor
    settle: SettlePayment
    stop: StopPayment
    keyed: KeyedRequests
    agree: AgreeOnQuote
    place_order: PlaceOrder
    pay_order: PayOrder
    currency: str
    needs_second_factor: bool
    app_url: str
    unverified_account_days: int
    deliver: Deliver


def build_parts(settings: Settings, store: Store, world: World) -> Parts:
    """The shared pieces of one shop."""
    events = PublishEvents(jobs=store.jobs, bindings=BINDINGS, also=_also(world))
    audit = RecordEntry(audit_log=store.audit_log, clock=world.clock)
    settle = SettlePayment(payments=store.payments, orders=store.orders, ledger=store.ledger, events=events)
    pricing, cart_of = _pricing(store, world), CartOfActor(carts=store.carts)
    keyed = KeyedRequests(claims=store.claims, unit_of_work=store.unit_of_work, ids=world.ids, clock=world.clock)
    return Parts(
        events=events,
        audit=audit,
        sanitizer=world.sanitizer,
        take_products=_take_products(store, world, events, audit),
        cart_of=cart_of,
        find_variant=FindVariant(products=store.products),
        pricing=pricing,
        order_of=OrderOfActor(orders=store.orders),
        settle=settle,
        stop=StopPayment(
            payments=store.payments, gateways=world.gateways, unit_of_work=store.unit_of_work, clock=world.clock
        ),
        keyed=keyed,
        agree=_agree(store, world, cart_of, pricing),
        place_order=_place_order(settings, store, world, events),
        pay_order=PayOrder(
            gateway=_ask_gateway(settings, store, world),
            keyed=keyed,
            orders=store.orders,
            payments=store.payments,
            settle=settle,
            unit_of_work=store.unit_of_work,
        ),
        currency=settings.currency,
        needs_second_factor=settings.staff_second_factor == "required",
        app_url=settings.app_url,
        unverified_account_days=settings.unverified_account_days,
        deliver=message_cases.deliver(settings, store, world),
    )


def stream_of(world: World) -> EventStream | None:
    """Where events go, if they go anywhere."""
    return world.shared.events if world.shared else None


def _also(world: World) -> Also:
    """What follows from events of any kind: whoever counts is told, and the other processes of a shop that has some."""
    shared = world.shared
    tell = telling(world.ids, has_stream=shared is not None and shared.events is not None)

    def also(events: Sequence[Event]) -> Sequence[NewJob]:
        if shared is not None:
            shared.note(events)
        return tell(events)

    return also


def _take_products(store: Store, world: World, events: Events, audit: Audit) -> TakeProducts:
    take = TakeProduct(
        products=store.products, categories=store.categories, levels=store.levels, events=events, audit=audit
    )
    return TakeProducts(take_product=take, unit_of_work=store.unit_of_work, clock=world.clock, ids=world.ids)


def _pricing(store: Store, world: World) -> CartPricing:
    return CartPricing(
        products=store.products,
        levels=store.levels,
        rules=store.price_rules,
        coupons=store.coupons,
        clock=world.clock,
    )


def _agree(store: Store, world: World, cart_of: CartOfActor, pricing: CartPricing) -> AgreeOnQuote:
    return AgreeOnQuote(
        cart_of=cart_of,
        emails=world.emails,
        pricing=pricing.to_order,
        reservations=store.reservations,
        clock=world.clock,
    )


def _place_order(settings: Settings, store: Store, world: World, events: Events) -> PlaceOrder:
    return PlaceOrder(
        carts=store.carts,
        orders=store.orders,
        payments=store.payments,
        ledger=store.ledger,
        coupons=store.coupons,
        accounts=store.accounts,
        events=events,
        signer=world.signer,
        patience=_patience(settings),
    )


def _patience(settings: Settings) -> Mapping[str, timedelta]:
    return {MANUAL: timedelta(days=settings.manual_days)}


def _ask_gateway(settings: Settings, store: Store, world: World) -> AskGateway:
    return AskGateway(
        gateways=world.gateways,
        default=world.default_gateway,
        rules=world.gateway_rules,
        switches=store.held_switches,
        clock=world.clock,
        timeout_seconds=settings.payment_timeout_seconds,
        patience=_patience(settings),
    )
