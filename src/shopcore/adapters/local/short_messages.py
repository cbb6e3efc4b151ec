"""Short messages as files: what a shop without a carrier sends."""

import asyncio
from pathlib import Path

from shopcore.adapters.local.mail_folder import file_name, write_once
from shopcore.kernel.errors import Unavailable
from shopcore.notifications.ports import Ready, at_any_time


class ShortMessageFolder:
    """Each message is one text file, named after its key: the number, then what it says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, key: str, phone: str, text: str, _ready: Ready = at_any_time) -> None:
        """Write the file whole or not at all. Raises `Unavailable` if the folder takes no files."""
        content = f"To: {_line(phone)}\n\n{_line(text)}\n".encode()
        path = self._folder / f"{file_name(key).removesuffix('.eml')}.txt"
        try:
            await asyncio.to_thread(write_once, path, content)
        except OSError as error:
            raise Unavailable(f"the folder of short messages cannot be written: {error.strerror}") from error


def _line(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
