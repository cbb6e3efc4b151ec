"""The shop's own keys, and the file that a shop for trying out makes for itself."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import msgspec

from shopcore.adapters.local.errors import UnreadableKeys

Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
KeyId = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{1,32}\Z")]
Keys = Annotated[tuple[Key, ...], msgspec.Meta(min_length=1)]
SealingKeys = Annotated[dict[KeyId, Key], msgspec.Meta(min_length=1)]


class KeyRing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """256-bit keys: `sealing` by id, the first one active, `index` for blind indexes, `signing` for cursors, tokens.

    Of the last two there are several while one takes another's place, the one that is to stay first.
    """

    sealing: SealingKeys
    index: Key | Keys
    signing: Key | Keys

    @property
    def index_keys(self) -> tuple[bytes, ...]:
        """All of them, the first one first."""
        return (self.index,) if isinstance(self.index, bytes) else self.index

    @property
    def signing_keys(self) -> tuple[bytes, ...]:
        """Likewise."""
        return (self.signing,) if isinstance(self.signing, bytes) else self.signing

    def __repr__(self) -> str:
        """Ids only: a traceback must not show a key."""
        return f"KeyRing(sealing={list(self.sealing)})"


def new_key_ring() -> KeyRing:
    """Fresh random keys."""
    return KeyRing(
        sealing={"k1": secrets.token_bytes(32)}, index=secrets.token_bytes(32), signing=secrets.token_bytes(32)
    )


def read_key_file(path: Path) -> KeyRing:
    """The keys in a file. Raises `UnreadableKeys`, or the `OSError` of a file that is missing or not ours to read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeyRing)
    except msgspec.DecodeError as error:
        raise UnreadableKeys(f"{path.name} does not hold keys of this shop: {error}") from None


def open_key_file(path: Path) -> KeyRing:
    """Read the file, made first where it is missing: whole, with mode 0600, by one of the processes that start at once.

    Raises as `read_key_file`, and the `OSError` of a folder that cannot be written.
    """
    if not path.exists():
        _make(path)
    return read_key_file(path)


def _make(path: Path) -> None:
    """A link is made whole or not at all and never replaces a file: the first process wins, the others read it."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write_durably(draft, msgspec.json.format(msgspec.json.encode(new_key_ring())))
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _write_durably(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Without this the name may be lost in a power cut, after values were sealed with its keys."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
