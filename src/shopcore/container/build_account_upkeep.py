"""What the shop does by itself about accounts, built by a typed function."""

from shopcore.accounts.use_cases.claim_orders import ClaimOrders
from shopcore.container.account_cases import AccountUpkeep
from shopcore.container.parts import Parts
from shopcore.container.ports import Store, World
from shopcore.identity.use_cases.forget_expired_sessions import ForgetExpiredSessions
from shopcore.identity.use_cases.forget_spent_tokens import ForgetSpentTokens
from shopcore.identity.use_cases.forget_unverified_accounts import ForgetUnverifiedAccounts
from shopcore.notifications.use_cases.send_account_mail import SendAccountMail
from shopcore.oauth.use_cases.forget_expired_grants import ForgetExpiredGrants
from shopcore.ordering.steps import ClaimOrdersOfAddress
from shopcore.payments.use_cases.close_wallets import CloseWallets
from shopcore.privacy.use_cases.forget_buyer import ForgetBuyer


def upkeep(store: Store, world: World, parts: Parts) -> AccountUpkeep:
    """What the shop does by itself about accounts."""
    return AccountUpkeep(
        send_mail=SendAccountMail(
            accounts=store.accounts,
            signer=world.signer,
            deliver=parts.deliver,
            unit_of_work=store.unit_of_work,
            app_url=parts.app_url,
        ),
        claim_orders=ClaimOrders(
            accounts=store.accounts,
            claim=ClaimOrdersOfAddress(
                order_list=store.order_list, orders=store.orders, unit_of_work=store.unit_of_work
            ),
        ),
        forget_expired_sessions=ForgetExpiredSessions(
            sessions=store.sessions, unit_of_work=store.unit_of_work, clock=world.clock
        ),
        forget_spent_tokens=ForgetSpentTokens(
            spent=store.spent_tokens, unit_of_work=store.unit_of_work, clock=world.clock
        ),
        forget_unverified_accounts=ForgetUnverifiedAccounts(
            accounts=store.accounts,
            audit=parts.audit,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
            days=parts.unverified_account_days,
        ),
        forget_expired_grants=ForgetExpiredGrants(
            grants=store.grants, unit_of_work=store.unit_of_work, clock=world.clock
        ),
        close_wallets=CloseWallets(wallets=store.wallets, keepers=world.keepers),
        forget_buyer=ForgetBuyer(
            order_list=store.order_list,
            orders=store.orders,
            payments=store.payments,
            watches=store.stock_watches,
            jobs=store.jobs,
            unit_of_work=store.unit_of_work,
            clock=world.clock,
        ),
    )
