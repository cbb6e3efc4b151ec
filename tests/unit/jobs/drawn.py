"""Jobs as Hypothesis draws them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shopcore.jobs.model import Job, JobState
from shopcore.kernel.ids import JobId

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

MOMENTS = st.integers(-7_200, 7_200).map(lambda seconds: NOON + timedelta(seconds=seconds))


@st.composite
def jobs(draw: st.DrawFn, *, states: tuple[JobState, ...] = tuple(JobState)) -> Job:
    """A job in one of these states."""
    state, most = draw(st.sampled_from(states)), draw(st.integers(1, 5))
    is_leased = state is JobState.LEASED
    return Job(
        id=JobId(f"job-{draw(st.integers(0, 99)):02}"),
        kind="mail",
        payload={"order_id": "o1"},
        run_at=draw(MOMENTS),
        created_at=NOON - timedelta(days=1),
        priority=draw(st.integers(-30, 30)),
        max_attempts=most,
        state=state,
        attempts=draw(st.integers(1 if is_leased else 0, most)),
        worker="worker" if is_leased else None,
        leased_until=draw(MOMENTS) if is_leased else None,
    )
