"""The command `shop`."""

from typing import Any

import click

from shop_http import logs
from shop_http.commands.audit import audit
from shop_http.commands.bogus import bogus
from shop_http.commands.categories import categories
from shop_http.commands.coupons import coupons
from shop_http.commands.customers import customers
from shop_http.commands.events import events
from shop_http.commands.failures import told
from shop_http.commands.gateways import gateways
from shop_http.commands.importing import import_group
from shop_http.commands.jobs import jobs
from shop_http.commands.keys import keys
from shop_http.commands.mail import mail
from shop_http.commands.moving import move_shop
from shop_http.commands.oauth_clients import oauth_clients
from shop_http.commands.orders import orders
from shop_http.commands.products import products
from shop_http.commands.reconciling import reconcile, reconciliations
from shop_http.commands.reports import reports
from shop_http.commands.roles import api_keys, roles
from shop_http.commands.serve import serve
from shop_http.commands.settings import settings
from shop_http.commands.shipping import shipping
from shop_http.commands.staff import staff
from shop_http.commands.stock import stock
from shop_http.commands.store import backup, migrate, restore_backup
from shop_http.commands.tax import tax
from shop_http.commands.webhook_endpoints import webhook_endpoints
from shop_http.commands.webhooks import webhooks
from shop_http.commands.worker import worker


class Shop(click.Group):
    """Tells what people can cause in one line, instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; those that stay log as their settings say."""
        logs.configure_for_commands()
        with told():
            return super().invoke(ctx)


@click.group(
    "shop", cls=Shop, context_settings={"help_option_names": ["-h", "--help"]}, epilog="Example: shop serve --sample"
)
@click.version_option(package_name="shopcore", prog_name="shop", message="%(prog)s %(version)s")
def main() -> None:
    """A shop in the current folder: sell, and look after what was sold.

    The shop is kept in shop.db, and reads its settings from the environment and from .env. Exit status: 0 when it was
    done, 1 when the shop refused or could not, 2 when the command or the settings are wrong.
    """


for command in (
    serve,
    worker,
    import_group,
    products,
    categories,
    stock,
    orders,
    shipping,
    tax,
    coupons,
    jobs,
    webhooks,
    gateways,
    reconcile,
    reconciliations,
    mail,
    events,
    reports,
    webhook_endpoints,
    bogus,
    backup,
    restore_backup,
    migrate,
    move_shop,
    settings,
    audit,
    keys,
    customers,
    staff,
    roles,
    api_keys,
    oauth_clients,
):
    main.add_command(command)
