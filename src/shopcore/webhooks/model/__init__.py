"""What is told to other systems, to whom, and how far each telling has come."""

from shopcore.webhooks.model.announcements import EVENT_TYPES, Announcement, body_of, event_id, type_of
from shopcore.webhooks.model.deliveries import Answer, Delivery, DeliveryState, Try
from shopcore.webhooks.model.endpoints import MOST_ENDPOINTS, Endpoint, Secret

__all__ = [
    "EVENT_TYPES",
    "MOST_ENDPOINTS",
    "Announcement",
    "Answer",
    "Delivery",
    "DeliveryState",
    "Endpoint",
    "Secret",
    "Try",
    "body_of",
    "event_id",
    "type_of",
]
