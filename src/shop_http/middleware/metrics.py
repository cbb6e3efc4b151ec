"""What Prometheus is told. Labels are route templates, never addresses: their number is bounded by the code."""

from functools import lru_cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The figures of one application; each has a registry of its own, so that several fit into one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "shop_http_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "shop_http_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.in_flight = Gauge("shop_http_requests_in_flight", "Requests not answered yet", registry=self.registry)
        self.pages = Counter("shop_http_pages", "Catalogue pages served", ["from"], registry=self.registry)
        # Looking a child up by its labels costs more than counting with it.
        self._counter = lru_cache(maxsize=1024)(self._requests.labels)
        self._histogram = lru_cache(maxsize=256)(self._seconds.labels)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._counter(method, route, str(status)).inc()
        self._histogram(route).observe(seconds)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format (see `CONTENT_TYPE`)."""
        return generate_latest(self.registry)
