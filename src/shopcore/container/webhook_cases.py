"""The use cases of webhooks, and as staff are offered them."""

from dataclasses import dataclass

from shopcore.aftersales.use_cases.announce_order import AnnounceOrder
from shopcore.container.bound import bound
from shopcore.kernel.actor import Actor
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


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookCases:
    """Who is told what, what was told, and the telling itself."""

    list_endpoints: ListEndpoints
    show_endpoint: ShowEndpoint
    create_endpoint: CreateEndpoint
    change_endpoint: ChangeEndpoint
    rotate_secret: RotateSecret
    remove_endpoint: RemoveEndpoint
    list_deliveries: ListDeliveries
    list_events: ListAnnouncements
    resend: ResendDelivery
    replay: ReplayEvents
    announce_order: AnnounceOrder
    deliver: DeliverWebhook
    continue_replay: ContinueReplay
    forget: ForgetAnnouncements


class WebhookActs:
    """Who is told what, and what was told."""

    def __init__(self, cases: WebhookCases, actor: Actor) -> None:
        self.list_endpoints = bound(cases.list_endpoints, actor)
        self.show_endpoint = bound(cases.show_endpoint, actor)
        self.create_endpoint = bound(cases.create_endpoint, actor)
        self.change_endpoint = bound(cases.change_endpoint, actor)
        self.rotate_secret = bound(cases.rotate_secret, actor)
        self.remove_endpoint = bound(cases.remove_endpoint, actor)
        self.list_deliveries = bound(cases.list_deliveries, actor)
        self.list_events = bound(cases.list_events, actor)
        self.resend = bound(cases.resend, actor)
        self.replay = bound(cases.replay, actor)
