"""The use cases of personal data and its keys, built by a typed function."""

from shopcore.access.steps import EndKeys, LeaveStaff
from shopcore.container.account_cases import PrivacyCases
from shopcore.container.build_accounts import Steps
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.oauth.steps import EndClients, ForgetApps
from shopcore.ordering.steps import ClaimOrdersOfAddress
from shopcore.privacy.steps import CountUses
from shopcore.privacy.use_cases.erase_customer import EraseCustomer
from shopcore.privacy.use_cases.export_customer import ExportCustomer
from shopcore.privacy.use_cases.list_keys import ListKeys
from shopcore.privacy.use_cases.rotate_keys import RotateKeys


def privacy(store: Store, world: World, parts: Parts, shared: Steps) -> PrivacyCases:
    """What is held on a customer, how they are forgotten, and the keys of all that."""
    count_uses = CountUses(vault=store.vault, sealer=world.sealer)
    return PrivacyCases(
        list_keys=ListKeys(vault=store.vault, sealer=world.sealer, count_uses=count_uses),
        rotate_keys=RotateKeys(
            vault=store.vault,
            sealer=world.sealer,
            count_uses=count_uses,
            audit=shared.witness.audit,
            unit_of_work=store.unit_of_work,
        ),
        export=ExportCustomer(
            accounts=store.accounts,
            sessions=store.sessions,
            order_list=store.order_list,
            payments=store.payments,
            carts=store.carts,
            consents=store.consents,
            wallets=store.wallets,
            watches=store.stock_watches,
            clock=world.clock,
        ),
        erase=EraseCustomer(
            accounts=store.accounts,
            sessions=store.sessions,
            carts=store.carts,
            order_list=store.order_list,
            claim=ClaimOrdersOfAddress(
                order_list=store.order_list, orders=store.orders, unit_of_work=store.unit_of_work
            ),
            forget_apps=ForgetApps(
                consents=store.consents,
                end_clients=EndClients(clients=store.clients, audit=shared.witness.audit, clock=world.clock),
            ),
            leave_staff=LeaveStaff(
                members=store.members,
                end_keys=EndKeys(api_keys=store.api_keys, audit=shared.witness.audit, clock=world.clock),
                audit=shared.witness.audit,
                needs_second_factor=parts.needs_second_factor,
            ),
            witness=shared.witness,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )
