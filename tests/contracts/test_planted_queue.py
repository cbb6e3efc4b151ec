"""The contracts of the queue notice what they are for: a planted mistake each."""

import pytest
from tests.contracts.broken_queues import (
    Aged,
    Alone,
    Apart,
    Careless,
    Complete,
    Forgetful,
    Fragile,
    Generous,
    Hurried,
    Inseparable,
    Obliging,
    Ranked,
    Repeated,
    Restless,
    Sound,
    Trustful,
    Trusting,
    Unforgiving,
)
from tests.contracts.stores import Store

from shopcore.testing.contracts.paces import RatesContract, TicksContract
from shopcore.testing.contracts.queue import QueueContract
from shopcore.testing.contracts.queue_losses import LossesContract
from shopcore.testing.contracts.queue_outcomes import OutcomesContract
from shopcore.testing.contracts.queue_view import QueueViewContract

pytestmark = pytest.mark.anyio


async def test_a_sound_queue_is_let_pass(store: Store) -> None:
    """What the mistakes are planted in does not fail by itself."""
    parts = store.jobs, Sound(store.queue), store.unit_of_work, store.clock.now()

    await QueueContract().test_the_overdue_do_not_starve(*parts)
    await RatesContract().test_nobody_waits_behind_a_kind_that_waits_for_its_turn(*parts)


async def test_a_sound_queue_may_rest(store: Store) -> None:
    parts = store.jobs, Sound(store.queue), store.unit_of_work, store.clock.now()

    await RatesContract().test_of_a_kind_at_rate_nothing_none_is_begun(*parts)


async def test_a_job_that_is_given_away_twice_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueContract().test_a_job_is_leased_to_one_worker(
            store.jobs, Generous(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_starving_job_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueContract().test_the_overdue_do_not_starve(
            store.jobs, Ranked(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_money_that_waits_behind_a_backlog_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueContract().test_the_overdue_starve_nobody(
            store.jobs, Aged(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_company_of_what_may_be_deadly_is_noticed(store: Store) -> None:
    parts = store.jobs, Careless(store.queue), store.unit_of_work, store.clock.now()
    with pytest.raises(AssertionError):
        await LossesContract().test_what_has_lost_its_worker_is_begun_alone(*parts)


async def test_an_outcome_of_somebody_else_is_noticed(store: Store) -> None:
    with pytest.raises(pytest.fail.Exception):
        await QueueContract().test_a_lapsed_lease_is_given_to_another(
            store.jobs, Trusting(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_outcomes_that_hang_together_are_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await OutcomesContract().test_each_is_settled_by_itself(
            store.jobs, Inseparable(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_batch_that_one_outcome_spoils_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await OutcomesContract().test_an_outcome_that_cannot_be_written_down_is_its_own(
            store.jobs, Fragile(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_an_outcome_that_was_not_recorded_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await OutcomesContract().test_no_outcome_is_written_twice(
            store.jobs, Obliging(store.queue), store.unit_of_work, store.clock.now()
        )


@pytest.mark.parametrize("planted", [Hurried, Alone])
async def test_a_rate_that_is_not_kept_to_is_noticed(store: Store, planted: type[Sound]) -> None:
    with pytest.raises(AssertionError):
        await RatesContract().test_a_rate_holds_over_all_workers(
            store.jobs, planted(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_kinds_that_do_not_share_their_pace_are_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await RatesContract().test_kinds_of_one_pace_share_it(
            store.jobs, Apart(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_kind_that_does_not_rest_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await RatesContract().test_of_a_kind_at_rate_nothing_none_is_begun(
            store.jobs, Restless(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_history_that_is_not_kept_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueViewContract().test_a_dead_letter_has_its_history(
            store.jobs, Forgetful(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_done_jobs_that_are_counted_are_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await QueueViewContract().test_what_is_to_do_is_counted(
            store.jobs, Complete(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_tick_that_is_fired_twice_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await TicksContract().test_of_many_workers_one_fires_a_tick(Repeated(store.ticks), store.unit_of_work)


async def test_a_clock_ahead_that_slows_others_down_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await RatesContract().test_a_clock_that_is_ahead_slows_nobody_down(
            store.jobs, Unforgiving(store.queue), store.unit_of_work, store.clock.now()
        )


async def test_a_mark_ahead_that_stands_is_noticed(store: Store) -> None:
    with pytest.raises(AssertionError):
        await TicksContract().test_a_mark_that_is_far_ahead_is_put_right(Trustful(store.ticks), store.unit_of_work)
