"""What the queue refuses."""

from shopcore.kernel.errors import Conflict, FieldError, InvalidInput, NotFound


class JobNotFound(NotFound):
    """No such job."""

    code = "job_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such job")


class LeaseLost(Conflict):
    """Another worker took the job over, since this one's time was up; its outcome is not recorded."""

    code = "lease_lost"

    def __init__(self) -> None:
        super().__init__("another worker has the job now")


class NoJobsChosen(InvalidInput):
    """An act in bulk says in one way which jobs it means, so that none is meant by mistake."""

    code = "no_jobs_chosen"

    def __init__(self) -> None:
        message = "name jobs, or a kind whose dead ones are meant, or say all_dead: one of the three"
        super().__init__(FieldError(field="job_ids", code=self.code, message=message))


class JobDone(Conflict):
    """It was done; doing it again is another job."""

    code = "job_done"

    def __init__(self) -> None:
        super().__init__("the job is done already")
