"""What follows when somebody has shown who they are: a session, and the guest cart that they came with."""

from dataclasses import dataclass
from datetime import datetime

from shopcore.cart.events import CartMerged
from shopcore.cart.model import close, give, merge, touch
from shopcore.cart.ports import Carts
from shopcore.identity.events import CustomerEntered, StrangeDeviceEntered
from shopcore.identity.model import Account, Device, SignedIn
from shopcore.identity.model.known_devices import device_token, known_device
from shopcore.identity.model.networks import is_among, names_of
from shopcore.identity.model.sessions import MOST, open_session
from shopcore.identity.ports import Sessions
from shopcore.identity.steps import IssueTokens
from shopcore.kernel.actor import Actor, Customer, Guest
from shopcore.kernel.audit import Audit
from shopcore.kernel.correlation import origin
from shopcore.kernel.events import Events
from shopcore.kernel.ids import Ids, SessionId
from shopcore.kernel.sealing import token_hash


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenSession:
    """Signs a device in, inside a unit of work."""

    sessions: Sessions
    issue: IssueTokens
    events: Events
    audit: Audit
    ids: Ids

    async def __call__(
        self,
        account: Account,
        device: Device,
        methods: tuple[str, ...],
        now: datetime,
        networks: tuple[str, ...] = (),
    ) -> SignedIn:
        """Always a new session: none that was there before becomes somebody else's. Beyond `MOST` those end that
        were not used for longest.

        `networks` are those that the account was used from until now; without any, nothing about this one is strange.
        """
        session = open_session(SessionId(self.ids.new()), account.id, device, methods, now, origin.get())
        await self.sessions.add(session)
        ended = await self.sessions.end_longest_unused(account.id, MOST, now)
        await self.events.publish(CustomerEntered(at=now, customer_id=account.id))
        if networks and not is_among(names_of(self.issue.signer, account.id, device.network), networks):
            await self._look_twice(account, device, session.id, now)
        actor, how = Customer(customer_id=account.id), {"session": session.id, "methods": " ".join(methods)}
        if ended:
            how["sessions_ended"] = str(ended)
        await self.audit.record(actor, "account.sign_in", account.id, before={}, after=how)
        token = device_token(self.issue.signer, account, self.ids.secret(), now)
        return SignedIn(account=account, session=session, tokens=self.issue(session, now), device_token=token)

    async def _look_twice(self, account: Account, device: Device, session_id: SessionId, now: datetime) -> None:
        if known_device(self.issue.signer, account, device.token, now) is None:
            await self.events.publish(StrangeDeviceEntered(at=now, customer_id=account.id, session_id=session_id))


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeCart:
    """Takes a guest's cart along, inside a unit of work."""

    carts: Carts
    events: Events

    async def __call__(self, actor: Actor, account: Account, now: datetime) -> None:
        """Into the customer's cart, or as theirs where they have none: its token opens nothing from then on.

        What is no guest's cart is left alone.
        """
        match actor:
            case Guest(cart_token=str(token)) | Customer(cart_token=str(token)):
                guests = await self.carts.find_by_token(token_hash(token))
            case _:
                return
        if guests is None or guests.ordered or guests.customer_id is not None or not guests.lines:
            return
        own = await self.carts.find_by_customer(account.id)
        if own is None:
            await self.carts.update(guests.id, lambda held: touch(give(held, account.id, account.email), now))
            return
        await self.carts.update(own.id, lambda held: touch(merge(held, guests, account.email), now))
        await self.carts.update(guests.id, close)
        await self.events.publish(
            CartMerged(at=now, cart_id=guests.id, into_cart_id=own.id, opened_at=guests.created_at)
        )
