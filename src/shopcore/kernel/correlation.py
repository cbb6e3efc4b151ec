"""The correlation id: ties together every log line, error and job that one request caused."""

from contextvars import ContextVar

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
"""Set at the edge (a request, a job, a command); empty outside of one."""
