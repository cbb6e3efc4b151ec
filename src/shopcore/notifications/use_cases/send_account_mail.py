"""Write to a customer about their account."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from shopcore.identity.errors import AccountNotFound
from shopcore.identity.model import Account, EmailChange, Purpose
from shopcore.identity.model.accounts import ask
from shopcore.identity.model.links import Link, link, token_of
from shopcore.identity.model.proofs import has
from shopcore.identity.ports import Accounts
from shopcore.kernel.actor import Actor, permit
from shopcore.kernel.ids import CustomerId
from shopcore.kernel.sealing import Signer
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.notifications.model.account_mails import AccountMail, Notice, account_mail, mail_about, masked
from shopcore.notifications.steps import Deliver


@dataclass(frozen=True, kw_only=True, slots=True)
class SendAccountMail:
    """Looks at the account when the mail is sent: whoever asked for it was told nothing. So it is here that an account
    is kept for as long as the link is good that is on its way to it.
    """

    accounts: Accounts
    signer: Signer
    deliver: Deliver
    unit_of_work: UnitOfWork
    app_url: str

    async def __call__(
        self,
        actor: Actor,
        *,
        notice: Notice,
        asked_at: datetime,
        email_key: str | None = None,
        customer_id: CustomerId | None = None,
        subject: str = "",
    ) -> None:
        """The shop itself, or staff with `mail:write`. The account is named by its address's digest or by its id.

        `subject` is the change of address that it is about, or the second factor or passkey that was set up: two that
        were set up in one moment are two mails, each with its own link.
        Where there is no such account, or its change of address is over, there is no mail. Raises as `Deliver`.
        """
        permit(actor, "mail:write")
        account = await self._account(email_key, customer_id)
        mail = None if account is None else await self._mail(account, notice, asked_at, subject)
        if mail is not None:
            await self.deliver(account_mail(mail, self.app_url, subject))

    async def _account(self, email_key: str | None, customer_id: CustomerId | None) -> Account | None:
        if email_key is not None:
            return await self.accounts.find_by_key(email_key)
        try:
            return None if customer_id is None else await self.accounts.get(customer_id)
        except AccountNotFound:
            return None

    async def _mail(self, account: Account, notice: Notice, at: datetime, subject: str) -> AccountMail | None:
        match notice:
            case Notice.VERIFY | Notice.RESET if account.verified_at is None:
                return self._linked(await self._kept(account, at), Notice.VERIFY, at)
            case Notice.VERIFY:
                return mail_about(account, Notice.EXISTS, at)
            case Notice.RESET:
                return self._linked(account, notice, at)
            case Notice.OLD_EMAIL | Notice.NEW_EMAIL:
                change = account.email_change
                return await self._about(account, change, notice, at) if change and change.id == subject else None
            case Notice.SECOND_FACTOR_ON | Notice.PASSKEY_ADDED if has(account, subject):
                return self._signed(mail_about(account, notice, at), link(Purpose.PROOF, account, at, subject), account)
            case _:
                return mail_about(account, notice, at)

    async def _kept(self, account: Account, at: datetime) -> Account:
        try:
            return await self.unit_of_work(lambda: self.accounts.update(account.id, lambda held: ask(held, at)))
        except AccountNotFound:
            return account  # forgotten meanwhile: the link says so

    async def _about(self, account: Account, change: EmailChange, notice: Notice, at: datetime) -> AccountMail:
        """That an address has an account already is told to whoever reads its mail, and to nobody else."""
        if notice is Notice.NEW_EMAIL and await self.accounts.find_by_email(change.email) is not None:
            return mail_about(account, Notice.EXISTS, at, change.email)
        return self._linked(account, notice, at, change)

    def _linked(self, account: Account, notice: Notice, at: datetime, change: EmailChange | None = None) -> AccountMail:
        wanted = link(Purpose(notice), account, at, "" if change is None else change.id)
        mail = mail_about(account, notice, at, change.email if change and notice is Notice.NEW_EMAIL else None)
        named = masked(account.email) if notice is Notice.NEW_EMAIL else ""
        return self._signed(msgspec.structs.replace(mail, account=named), wanted, account)

    def _signed(self, mail: AccountMail, wanted: Link, account: Account) -> AccountMail:
        return msgspec.structs.replace(mail, token=token_of(self.signer, wanted, account))
