"""`shop serve`."""

import errno
import os
import socket
from importlib.resources import as_file, files

import click
import structlog

from shop_http.commands.failures import Failure
from shopcore.shop import Settings, Shop, owner, read_settings

_NO_ADDRESS = {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES}

_log = structlog.get_logger("shop")


@click.command(epilog="Example: shop serve --sample --port 8080")
@click.option("--host", help="The address to listen on, instead of HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port, instead of PORT; 0 takes a free one.")
@click.option("--sample", is_flag=True, help="Stock an empty shop with a few sample products first.")
def serve(host: str | None, port: int | None, *, sample: bool) -> None:
    """Serve the shop over HTTP until it is told to stop.

    SIGTERM or Ctrl-C ends it gracefully: requests and jobs in progress are finished. The jobs are done here too, unless
    WORKER=separate.
    """
    from shop_http import serving  # noqa: PLC0415 - the other commands do not wait for the framework

    settings = _settings(host, port)

    def ready(chosen: int) -> None:
        url = f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{chosen}"
        _log.info("listening", url=url)
        click.echo(f"Serving on {url} (Ctrl-C stops it)", err=True)

    async def prepare(shop: Shop) -> None:
        if sample:
            await _stock(shop)

    try:
        serving.serve(settings, prepare=prepare, ready=ready)
    except OSError as error:
        if error.errno not in _NO_ADDRESS and not isinstance(error, socket.gaierror):
            raise
        raise Failure(f"{settings.host}:{settings.port}: {error.strerror}") from error


def _settings(host: str | None, port: int | None) -> Settings:
    """Those of the environment, some of them overruled."""
    given = {"HOST": host, "PORT": None if port is None else str(port)}
    return read_settings(environment={**os.environ, **{name: value for name, value in given.items() if value}})


async def _stock(shop: Shop) -> None:
    catalog = shop.as_(owner()).catalog
    if (await catalog.list_catalog(limit=1)).items:
        click.echo("The shop has products already; the sample was not taken.", err=True)
        return
    with as_file(files("shop_http") / "sample_products.csv") as path:
        report = await catalog.import_products(file=shop.product_file(path))
    click.echo(f"Stocked the empty shop with {report.created} sample products.", err=True)
