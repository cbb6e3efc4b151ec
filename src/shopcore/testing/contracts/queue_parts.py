"""What the contracts of the queue are given: several looks at one store."""

from datetime import datetime

import pytest

from shopcore.jobs.model import Job, Outcome
from shopcore.jobs.ports import Queue
from shopcore.kernel.clock import Clock
from shopcore.kernel.ids import JobId
from shopcore.kernel.jobs import Jobs
from shopcore.kernel.unit_of_work import UnitOfWork


class QueueParts:
    """Override `jobs`, `queue` and `unit_of_work`, of one store, and `clock`: the one that both ports read."""

    @pytest.fixture
    def jobs(self) -> Jobs:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def queue(self) -> Queue:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def clock(self) -> Clock:
        pytest.fail("override this fixture with the clock that the ports read")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the ports join")

    @pytest.fixture
    def now(self, clock: Clock) -> datetime:
        """When the test begins."""
        return clock.now()


async def settle(queue: Queue, job_id: JobId, worker: str, outcome: Outcome) -> Job:
    """The outcome of one job. Raises why it is not recorded."""
    settled = (await queue.settle(worker, {job_id: outcome}))[job_id]
    if isinstance(settled, Exception):
        raise settled
    return settled
