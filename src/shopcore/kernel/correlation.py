"""What ties together every log line, error and job that one request caused, and where it came from."""

from contextvars import ContextVar

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
"""Set at the edge (a request, a job, a command); empty outside of one."""

origin: ContextVar[str] = ContextVar("origin", default="")
"""The surroundings of the address that asked, never the address itself; empty where nobody on a network asked."""
