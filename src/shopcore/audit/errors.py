"""What the audit log refuses."""

from shopcore.kernel.errors import Conflict


class PlaceTaken(Conflict):
    """Another entry was faster, or this one does not follow the last; chain it anew."""

    code = "audit_place_taken"

    def __init__(self) -> None:
        super().__init__("the audit log has another entry in this place")
