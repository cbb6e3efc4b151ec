"""What Prometheus is told. Labels are route templates, never addresses: their number is bounded by the code."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from shopcore.jobs.model import Depth, JobState
from shopcore.kernel.instants import to_micros
from shopcore.messages.model import Tally
from shopcore.operations.model import SharedState

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BOUNDS = (*(str(bound) for bound in _SECONDS), "+Inf")


class Metrics(Collector):
    """The figures of one application; each has a registry of its own, so that several fit into one process.

    They are counted in plain numbers, since one event loop does all the counting: the library's own counters take a
    lock each, and six of them cost a page from memory a tenth of its time.
    """

    def __init__(self, shared: Callable[[], SharedState | None] = lambda: None) -> None:
        self._shared = shared
        self.in_flight = 0
        self.pages_from_cache = 0
        self.pages_from_others = 0
        self.pages_from_shop = 0
        self._queue: tuple[Sequence[Depth], datetime] | None = None
        self._messages: Sequence[Tally] | None = None
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests[method, route, status] += 1
        buckets = self._buckets.get(route)
        if buckets is None:
            buckets = self._buckets[route] = [0] * len(_BOUNDS)
            self._sums[route] = 0.0
        buckets[bisect_left(_SECONDS, seconds)] += 1
        self._sums[route] += seconds

    def queue_seen(self, depths: Sequence[Depth], now: datetime) -> None:
        """What there was to do at that moment."""
        self._queue = depths, now

    def messages_seen(self, tallies: Sequence[Tally] | None) -> None:
        """What was sent so far; None where it could not be looked at."""
        self._messages = tallies

    def queue_unseen(self) -> None:
        """It could not be looked at: better no figure than an old one."""
        self._queue = None

    def text(self) -> bytes:
        """Everything, in Prometheus' text format (see `CONTENT_TYPE`)."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The figures as they stand, for the registry."""
        yield GaugeMetricFamily("shop_http_requests_in_flight", "Requests not answered yet", value=self.in_flight)
        pages = CounterMetricFamily("shop_http_pages", "Catalogue pages served", labels=["from"])
        pages.add_metric(["cache"], self.pages_from_cache)
        pages.add_metric(["others"], self.pages_from_others)
        pages.add_metric(["shop"], self.pages_from_shop)
        yield pages
        requests = CounterMetricFamily("shop_http_requests", "Requests answered", labels=["method", "route", "status"])
        for (method, route, status), count in self._requests.items():
            requests.add_metric([method, route, str(status)], count)
        yield requests
        yield self._times()
        if self._messages is not None:
            yield from _of_messages(self._messages)
        if self._queue is not None:
            yield from _of_queue(*self._queue)
        if (shared := self._shared()) is not None:
            yield from _of_shared(shared)

    def _times(self) -> Metric:
        times = HistogramMetricFamily("shop_http_request_seconds", "Time to answer", labels=["route"])
        for route, buckets in self._buckets.items():
            so_far = [sum(buckets[: index + 1]) for index in range(len(buckets))]
            times.add_metric([route], list(zip(_BOUNDS, so_far, strict=True)), self._sums[route])
        return times


def _of_messages(tallies: Sequence[Tally]) -> Iterator[Metric]:
    """What was sent in the last 30 days, and how much of it may have gone twice."""
    sent = GaugeMetricFamily("shop_messages", "Messages of the last 30 days", labels=["kind", "state"])
    repeats = GaugeMetricFamily("shop_messages_possible_repeats", "Tries that may be second copies", labels=["kind"])
    copies: Counter[str] = Counter()
    for tally in tallies:
        sent.add_metric([tally.kind, tally.state.value], tally.messages)
        copies[tally.kind] += tally.repeats
    for kind, count in copies.items():
        repeats.add_metric([kind], count)
    yield sent
    yield repeats


def _of_queue(depths: Sequence[Depth], now: datetime) -> Iterator[Metric]:
    """How much there is to do, and how long what is due has waited for a worker."""
    jobs = GaugeMetricFamily("shop_jobs", "Jobs that are not done", labels=["kind", "state"])
    ages = GaugeMetricFamily("shop_jobs_age_seconds", "How long the first due job has waited", labels=["kind"])
    for depth in depths:
        jobs.add_metric([depth.kind, depth.state], depth.count)
        if depth.state is JobState.WAITING and depth.since is not None:
            ages.add_metric([depth.kind], max(0, to_micros(now) - to_micros(depth.since)) / 1e6)
    yield jobs
    yield ages


def _of_shared(state: SharedState) -> Iterator[Metric]:
    """How often what the servers share was there, and how often each had to do without."""
    yield GaugeMetricFamily("shop_redis_up", "Whether Redis does what it is asked to", value=state.is_up)
    yield GaugeMetricFamily("shop_redis_signals_heard", "Whether other servers are heard", value=state.signals_heard)
    yield CounterMetricFamily(
        "shop_redis_signals_lost", "How often the others were heard no more", value=state.signals_lost
    )
    yield CounterMetricFamily(
        "shop_rate_limits_by_process", "Requests limited by this process alone", value=state.limits_fallen_back
    )
    revisions = CounterMetricFamily("shop_catalog_revisions", "Looks at the catalogue's revision", labels=["from"])
    revisions.add_metric(["memory"], state.revisions_held)
    revisions.add_metric(["store"], state.revisions_asked)
    yield revisions
