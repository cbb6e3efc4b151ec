"""What a person has seen of what differs, and lets be."""

import msgspec

from shopcore.payments.errors import DifferenceNotFound, TooManyLeft
from shopcore.payments.model.difference import Difference, Leave, parted
from shopcore.payments.model.progress import Standing
from shopcore.payments.model.reconciliation import MOST_KEPT, Reconciliation


def left_alone(standing: Standing, difference_id: str, leave: Leave) -> tuple[Standing, Difference]:
    """With that difference no longer among the open ones; one that is left already stays as it was left.

    Raises `DifferenceNotFound`, also for one that is another by now, and `TooManyLeft` beyond as many as are kept.
    """
    for one in standing.left:
        if one.id == difference_id:
            return standing, one
    found = next((one for one in standing.open if one.id == difference_id and not one.is_over), None)
    if found is None:
        raise DifferenceNotFound
    if len(standing.left) >= MOST_KEPT:
        raise TooManyLeft(MOST_KEPT)
    left = msgspec.structs.replace(found, left=leave)
    open_ = tuple(one for one in standing.open if one.id != difference_id)
    return msgspec.structs.replace(standing, open=open_, left=(*standing.left, left)), left


def seen_now(run: Reconciliation, standing: Standing) -> Reconciliation:
    """A comparison with what was left since it was made."""
    open_, left = parted(run.differences, standing.left)
    return msgspec.structs.replace(run, found=run.found - len(left), differences=open_, left=(*run.left, *left))
