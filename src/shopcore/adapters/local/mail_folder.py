"""Mail as files: what a shop without a mail server sends."""

import asyncio
import os
import re
import secrets
from pathlib import Path

from shopcore.kernel.clock import Clock
from shopcore.kernel.errors import Unavailable
from shopcore.notifications.model import Message, compose, digest
from shopcore.notifications.ports import Ready, at_any_time


class MailFolder:
    """Each mail is one RFC 5322 `.eml` file, named after its key: sent twice, it is still one file."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def send(self, message: Message, _ready: Ready = at_any_time) -> None:
        """Write the file whole or not at all. Raises `Undeliverable`, or `Unavailable` if the folder takes no files."""
        letter = compose(message, self._clock.now())
        try:
            await asyncio.to_thread(write_once, self._folder / file_name(message.key), letter.content)
        except OSError as error:
            raise Unavailable(f"the mail folder cannot be written: {error.strerror}") from error

    def is_down(self) -> bool:
        """Never: whether files can be written is seen by writing one."""
        return False


def file_name(key: str) -> str:
    """A readable name that no other key has, on any file system."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-")[:80]
    return f"{readable}.{digest(key)[:12]}.eml"


def write_once(path: Path, content: bytes) -> None:
    """Put it there whole and durably, unless there is a file."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
