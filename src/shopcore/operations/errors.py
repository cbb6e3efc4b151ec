"""What running a shop refuses."""

from shopcore.kernel.errors import Conflict, FieldError, Rejected


class UnreadableFile(Rejected):
    """A file that cannot be read as what it should be, so that nothing of it was taken.

    `field` of its one error is a path: `header`, or `rows/<number>` with the column after it where that is known. Rows
    count from 1, which is the header, as a spreadsheet shows them.
    """

    code = "unreadable_file"

    def __init__(self, field: str, message: str) -> None:
        place = field.replace("rows/", "row ").replace("/", ", ")
        super().__init__(
            f"the file cannot be read: {place}: {message}",
            errors=[FieldError(field=field, code=self.code, message=message)],
        )


class NoEventStream(Conflict):
    """This shop keeps no stream of events."""

    code = "no_event_stream"

    def __init__(self) -> None:
        super().__init__("this shop keeps no events: set REDIS_URL, and EVENT_STREAM_LENGTH above 0")


class TargetNotEmpty(Conflict):
    """What a shop is to be moved to is one already, or a part of one."""

    code = "target_not_empty"

    def __init__(self, shelf: str) -> None:
        super().__init__(f"the target is not empty: it has {shelf}; a shop is only moved into a store that has nothing")


class MoveUnfinished(Conflict):
    """Another move into or out of that store was broken off."""

    code = "move_unfinished"

    def __init__(self, where: str, source: str) -> None:
        super().__init__(f"the {where} is half of a move from {source}: finish that one first, or empty the store")


class MoveDiffers(Conflict):
    """What arrived is not what is there: somebody used one of the stores meanwhile."""

    code = "move_differs"

    def __init__(self, shelf: str, counts: tuple[int, int] | None = None) -> None:
        figures = f": {counts[0]} in the source, {counts[1]} in the target, or not the same ones" if counts else ""
        super().__init__(
            f"{shelf} differ{figures}. The shop was in use: stop every server and worker, empty the target, and move "
            "again"
        )
