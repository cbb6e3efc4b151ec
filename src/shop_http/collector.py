"""The collector of cycles, in a process that serves or works for days."""

import gc

_YOUNG = 10_000  # objects that are made before it looks through them: some 4 ms, some ten payments apart


def settle() -> None:
    """What is there by now stays, and is not looked through again; what comes later is, in larger lots.

    For a process that has just opened its shop. CPython would look through all of its modules, routes and schemas every
    few seconds, in pauses of some 90 ms (docs.python.org/3/library/gc.html: `gc.freeze`, `gc.set_threshold`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
