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
