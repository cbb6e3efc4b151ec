"""What a used idempotency key answers."""

from shopcore.kernel.errors import Conflict, FieldError, Rejected


class KeyReused(Rejected):
    """The same key came with another body."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        message = "was used for another request"
        super().__init__(
            f"the idempotency key {message}",
            errors=[FieldError(field="Idempotency-Key", code=self.code, message=message)],
        )


class RequestInProgress(Conflict):
    """The first request under this key is still running."""

    code = "request_in_progress"

    def __init__(self, retry_after: float) -> None:
        super().__init__("the first request under this idempotency key is still running", retry_after=retry_after)
