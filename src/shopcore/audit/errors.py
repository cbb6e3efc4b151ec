"""What the audit log refuses."""

from shopcore.kernel.errors import Forbidden


class AuditClosed(Forbidden):
    """The log is for those who may read it."""

    code = "audit_forbidden"

    def __init__(self) -> None:
        super().__init__("reading the audit log needs the permission audit:read")
