"""What every test shares: one event loop implementation, and how hard Hypothesis looks."""

import gc
import os
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A deadline measures the machine that happens to run the test. In CI the examples are the same every time, so that a
# red run is the change's fault; locally each run looks somewhere else.
settings.register_profile("dev", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.register_profile("nightly", settings.get_profile("dev"), max_examples=1_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is slow comes first, in whatever order the others have been put: else one processor waits for the last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What was imported stays, so the collector need not walk over it time and again: a quarter of the suite's work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The shop runs on asyncio only."""
    return "asyncio"


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[str]:
    """A real MongoDB, started for those who ask: one for each worker of a parallel run."""
    # Not at the top: where nothing but the core's own needs is installed there is no driver.
    from tests.emptying import disconnect
    from tests.mongod import replica_set

    with replica_set() as uri:
        yield uri
        disconnect()


@pytest.fixture
def mongo_url(mongo_server: str) -> str:
    """A database of this worker's own. Who uses it leaves it empty."""
    server, question, options = mongo_server.partition("?")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    return f"{server.rstrip('/')}/shop_test_{worker}{question}{options}"


@pytest.fixture
def lost_sockets() -> Iterator[None]:
    """For tests in which connections fail: the driver leaves a socket open that was refused or cut off while it was
    being made. It is collected here, where it is expected, and not in whatever test comes next.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
