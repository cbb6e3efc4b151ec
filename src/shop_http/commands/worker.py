"""`shop worker`."""

import asyncio
import signal

import click
import structlog

from shop_http import logs
from shop_http.collector import settle
from shopcore.shop import Settings, Shop, read_settings

_log = structlog.get_logger("shop")


@click.command(epilog="Example: WORKER=separate shop serve & shop worker")
def worker() -> None:
    """Do the shop's jobs until it is told to stop.

    Any number may run beside `shop serve`. SIGTERM or Ctrl-C ends it gracefully: jobs in progress are finished.
    """
    settings = read_settings()
    logs.configure(level=settings.log_level, form=settings.log_format)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    async with Shop.open(settings) as shop:
        settle()
        working = asyncio.create_task(shop.run_worker())
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, working.cancel)
        _log.info("working", store=settings.database)
        click.echo(f"Working for {settings.database} (Ctrl-C stops it)", err=True)
        await asyncio.wait([working])
        if not working.cancelled():
            working.result()
    _log.info("stopped")
