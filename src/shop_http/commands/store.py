"""`shop backup`, `shop restore`: the shop's file; `shop migrate`: its store."""

from pathlib import Path

import click

from shop_http.commands.failures import Failure
from shop_http.commands.opening import in_shop
from shop_http.commands.output import say
from shopcore.shop import Settings, read_settings, restore

_MEMORY, _MONGO = ":memory:", "mongodb://"
_KEYS = "Its personal data is sealed: keep {keys} with it, or nobody can read them."


@click.command(epilog="Example: shop backup /backups/shop-2026-05-01.db")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def backup(target: Path) -> None:
    """Copy the shop's file to TARGET while it sells, and check every page of the copy.

    Nothing is overwritten. The copy holds everything but the keys, which must be kept with it.
    """
    settings = read_settings()
    path = _file(settings)
    if not path.exists():
        raise Failure(f"{path}: there is no shop here to back up")
    size = in_shop(lambda shop: shop.back_up(target))
    say(f"{target}: {size:,} bytes, verified. {_KEYS.format(keys=_keys(settings))}")


@click.command("restore", epilog="Example: shop restore /backups/shop-2026-05-01.db")
@click.argument("backup", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
def restore_backup(backup: Path) -> None:
    """Check BACKUP and put it where the shop's file is to be.

    A shop that is there is never overwritten: move its file away first. The keys have to be those of the backup.
    """
    settings = read_settings()
    path = _file(settings)
    restore(settings, backup)
    say(f"{path} is restored from {backup}. Its keys must be in {_keys(settings)}.")


@click.command(epilog="Example: shop migrate")
def migrate() -> None:
    """Bring the shop's store up to date, and say its version.

    Every other command does so too. On MongoDB this one looks at every collection, and mends indexes and rules that are
    missing; it may be run twice, and while the shop sells.
    """
    version = in_shop(lambda shop: shop.migrate())
    say(f"{read_settings().database} is at version {version}.")


def _file(settings: Settings) -> Path:
    if settings.store_url.startswith(_MONGO):
        raise Failure("STORE_URL: a shop on MongoDB has no file: use mongodump and mongorestore, or a snapshot")
    if settings.database == _MEMORY:
        raise Failure("STORE_URL: a shop in memory has no file")
    return Path(settings.database)


def _keys(settings: Settings) -> str:
    return settings.keys_file if settings.sealing_keys is None else "SEALING_KEYS, INDEX_KEY and SIGNING_KEY"
