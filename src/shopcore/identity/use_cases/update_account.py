"""Change what a customer says of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, UnsetType

from shopcore.identity.model import Account, Mailing
from shopcore.identity.model.accounts import checked_name
from shopcore.identity.model.mailings import want
from shopcore.identity.steps import Witness
from shopcore.kernel.actor import Actor, signed_in
from shopcore.kernel.address import locale_problems
from shopcore.kernel.errors import InvalidInput
from shopcore.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateAccount:
    """The name, the language, and which mails that nobody waits for are wanted.

    The e-mail address and the password have acts of their own, which ask for more.
    """

    witness: Witness
    unit_of_work: UnitOfWork

    async def __call__(
        self,
        actor: Actor,
        *,
        name: str | UnsetType | None = UNSET,
        locale: str | UnsetType | None = UNSET,
        mailings: Mapping[Mailing, bool] | None = None,
    ) -> Account:
        """A customer may, their own; what is not given stays, an empty name is none, each of `mailings` wanted or not.

        Raises `InvalidInput`, `AccountNotFound`.
        """
        customer_id = signed_in(actor).customer_id
        called = name if name is UNSET else checked_name(name)
        if locale is not UNSET and (problems := locale_problems(locale)):
            raise InvalidInput(*problems)
        said = {key: value for key, value in (("name", called), ("locale", locale)) if value is not UNSET}

        async def work() -> Account:
            return await self.witness.change(
                actor,
                "account.change_profile",
                customer_id,
                lambda held: want(msgspec.structs.replace(held, **said), mailings or {}),
            )

        return await self.unit_of_work(work)
