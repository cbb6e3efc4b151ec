"""What webhooks refuse."""

from shopcore.kernel.errors import Conflict, NotFound, Unavailable


class EndpointNotFound(NotFound):
    """No endpoint has this id."""

    code = "webhook_endpoint_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such webhook endpoint")


class AnnouncementNotFound(NotFound):
    """No event has this id, or it is older than what is kept."""

    code = "webhook_event_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such event, or it is not kept any more")


class DeliveryNotFound(NotFound):
    """This event was not for this endpoint."""

    code = "webhook_delivery_not_found"

    def __init__(self) -> None:
        super().__init__("this event was never to be sent to this endpoint")


class EndpointOff(Conflict):
    """Nothing is sent to it."""

    code = "webhook_endpoint_off"

    def __init__(self) -> None:
        super().__init__("this webhook endpoint is switched off; switch it on first")


class TooManyEndpoints(Conflict):
    """Every event is sent to each of them, so there cannot be any number."""

    code = "too_many_webhook_endpoints"

    def __init__(self, most: int) -> None:
        super().__init__(f"a shop has at most {most} webhook endpoints")


class EndpointThere(Conflict):
    """An endpoint with this URL is there: a second one would be told everything twice, half of it signed otherwise."""

    code = "webhook_endpoint_exists"

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"the webhook endpoint {endpoint_id} has this URL; change that one, or give it a new secret")


class EndpointBusy(Unavailable):
    """As much as may be is under way to it, and it answers slowly: this was not sent, which says nothing about it."""

    code = "webhook_endpoint_busy"
    is_untried = True

    def __init__(self, retry_after: float) -> None:
        super().__init__("the endpoint still has others to answer", retry_after=retry_after)
