"""The use cases of webhooks, built by a typed function."""

from shopcore.aftersales.use_cases.announce_order import AnnounceOrder
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.container.webhook_cases import WebhookCases
from shopcore.settings import Settings
from shopcore.webhooks.steps import SendOut, TakeAnswer
from shopcore.webhooks.use_cases.change_endpoint import ChangeEndpoint
from shopcore.webhooks.use_cases.continue_replay import ContinueReplay
from shopcore.webhooks.use_cases.create_endpoint import CreateEndpoint
from shopcore.webhooks.use_cases.deliver_webhook import DeliverWebhook
from shopcore.webhooks.use_cases.forget_announcements import ForgetAnnouncements
from shopcore.webhooks.use_cases.list_announcements import ListAnnouncements
from shopcore.webhooks.use_cases.list_deliveries import ListDeliveries
from shopcore.webhooks.use_cases.list_endpoints import ListEndpoints
from shopcore.webhooks.use_cases.remove_endpoint import RemoveEndpoint
from shopcore.webhooks.use_cases.replay_events import ReplayEvents
from shopcore.webhooks.use_cases.resend_delivery import ResendDelivery
from shopcore.webhooks.use_cases.rotate_secret import RotateSecret
from shopcore.webhooks.use_cases.show_endpoint import ShowEndpoint


def webhooks(settings: Settings, store: Store, world: World, parts: Parts) -> WebhookCases:
    """Who is told what, what was told, and the telling itself."""
    endpoints, deliveries, announcements = store.endpoints, store.deliveries, store.announcements
    jobs, audit, unit_of_work, clock, ids = store.jobs, parts.audit, store.unit_of_work, world.clock, world.ids
    may_be_plain = bool(settings.webhook_networks)
    send_out = SendOut(deliveries=deliveries, jobs=jobs)
    return WebhookCases(
        list_endpoints=ListEndpoints(endpoints=endpoints),
        show_endpoint=ShowEndpoint(endpoints=endpoints),
        create_endpoint=CreateEndpoint(
            endpoints=endpoints,
            audit=audit,
            unit_of_work=unit_of_work,
            ids=ids,
            clock=clock,
            may_be_plain=may_be_plain,
        ),
        change_endpoint=ChangeEndpoint(
            endpoints=endpoints, audit=audit, unit_of_work=unit_of_work, clock=clock, may_be_plain=may_be_plain
        ),
        rotate_secret=RotateSecret(endpoints=endpoints, audit=audit, unit_of_work=unit_of_work, ids=ids, clock=clock),
        remove_endpoint=RemoveEndpoint(endpoints=endpoints, audit=audit, unit_of_work=unit_of_work),
        list_deliveries=ListDeliveries(endpoints=endpoints, deliveries=deliveries, signer=world.signer),
        list_events=ListAnnouncements(announcements=announcements, signer=world.signer),
        resend=ResendDelivery(
            endpoints=endpoints, deliveries=deliveries, jobs=jobs, audit=audit, unit_of_work=unit_of_work, ids=ids
        ),
        replay=ReplayEvents(
            endpoints=endpoints,
            announcements=announcements,
            jobs=jobs,
            audit=audit,
            unit_of_work=unit_of_work,
            ids=ids,
        ),
        announce_order=_announce_order(store, world, send_out),
        deliver=_deliver(store, world, parts),
        continue_replay=_continue_replay(store, world, send_out),
        forget=ForgetAnnouncements(announcements=announcements, deliveries=deliveries, clock=clock),
    )


def _announce_order(store: Store, world: World, send_out: SendOut) -> AnnounceOrder:
    """Number what happened to an order, and tell it."""
    return AnnounceOrder(
        orders=store.orders,
        endpoints=store.endpoints,
        announcements=store.announcements,
        send_out=send_out,
        unit_of_work=store.unit_of_work,
        ids=world.ids,
        clock=world.clock,
    )


def _deliver(store: Store, world: World, parts: Parts) -> DeliverWebhook:
    """Bring one event to one endpoint."""
    take_answer = TakeAnswer(
        endpoints=store.endpoints,
        deliveries=store.deliveries,
        jobs=store.jobs,
        audit=parts.audit,
        unit_of_work=store.unit_of_work,
    )
    return DeliverWebhook(
        endpoints=store.endpoints,
        announcements=store.announcements,
        deliveries=store.deliveries,
        sender=world.webhook_sender,
        take_answer=take_answer,
        clock=world.clock,
    )


def _continue_replay(store: Store, world: World, send_out: SendOut) -> ContinueReplay:
    """Tell once more what an endpoint was told, some at a time."""
    return ContinueReplay(
        endpoints=store.endpoints,
        announcements=store.announcements,
        send_out=send_out,
        jobs=store.jobs,
        unit_of_work=store.unit_of_work,
        clock=world.clock,
    )
