"""What the local adapters refuse."""

from shopcore.kernel.errors import Unavailable


class UnreadableKeys(Unavailable):
    """The key file is not one; it is never overwritten, because what it sealed would be lost."""

    code = "unreadable_keys"
