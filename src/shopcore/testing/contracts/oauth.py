"""The contracts of `shopcore.oauth.ports`."""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest

from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.kernel.unit_of_work import UnitOfWork
from shopcore.oauth.errors import ClientNotFound, ConsentNotFound, GrantNotFound, InvalidGrant
from shopcore.oauth.model import Client, ClientGrant, CodeGrant, Consent, Grant
from shopcore.oauth.model.clients import remove
from shopcore.oauth.model.grants import CODE_LIFETIME, Proof, Shown, end_token, take
from shopcore.oauth.ports import Clients, Consents, Grants
from shopcore.testing.contracts.samples import NOON, Refused

ANN, TOM = CustomerId("ann"), CustomerId("tom")
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The example of RFC 7636, appendix B."""
PROOF = Proof(client_id="app", verifier=VERIFIER)
_LATER = NOON + timedelta(seconds=1)


def a_client(name: str) -> Client:
    """A public app."""
    return Client(
        id=name,
        name=name.capitalize(),
        scopes=("orders", "profile"),
        created_at=NOON,
        created_by="staff:owner",
        redirect_uris=(f"com.example.{name}:/back",),
    )


def a_code(name: str, *, seconds: int = 0) -> CodeGrant:
    """A code that was given so many seconds after noon."""
    at = NOON + timedelta(seconds=seconds)
    return CodeGrant(
        id=name,
        client_id="app",
        customer_id=ANN,
        lender_id=SessionId("telephone"),
        scopes=("profile",),
        redirect_uri="com.example.app:/back",
        challenge=CHALLENGE,
        created_at=at,
        expires_at=at + CODE_LIFETIME,
    )


def a_token(name: str) -> ClientGrant:
    """A token of an integration."""
    return ClientGrant(
        id=name,
        client_id="system",
        scopes=("inventory:read",),
        created_at=NOON,
        expires_at=NOON + timedelta(minutes=10),
    )


def a_consent(client_id: str, *scopes: str, customer_id: CustomerId = ANN) -> Consent:
    """What a customer lets an app do."""
    return Consent(customer_id=customer_id, client_id=client_id, scopes=scopes or ("profile",), given_at=NOON)


@pytest.mark.anyio
class ClientsContract:
    """Override `clients` and `unit_of_work`."""

    @pytest.fixture
    def clients(self) -> Clients:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_what_was_added_is_what_is_got(self, clients: Clients) -> None:
        """By id, and all of them in the order of their ids; nothing else is there."""
        known = [a_client("b"), msgspec.structs.replace(a_client("a"), redirect_uris=(), digest="d" * 64)]
        for client in known:
            await clients.add(client)

        assert [await clients.get(client.id) for client in known] == known
        assert list(await clients.everything()) == [known[1], known[0]]
        with pytest.raises(ClientNotFound):
            await clients.get("c")
        with pytest.raises(ClientNotFound):
            await clients.change("c", partial(remove, now=NOON))

    async def test_changes_of_one_moment_are_all_kept(self, clients: Clients) -> None:
        """Ten at once, each seeing what the one before wrote; a refused one leaves nothing."""
        await clients.add(a_client("app"))

        def grow(held: Client) -> Client:
            return msgspec.structs.replace(held, name=f"{held.name}+")

        await asyncio.gather(*(clients.change("app", grow) for _ in range(10)))

        assert (await clients.get("app")).name == f"App{'+' * 10}"
        gone = await clients.change("app", partial(remove, now=_LATER))
        with pytest.raises(ClientNotFound):
            await clients.change("app", partial(remove, now=_LATER))
        assert await clients.get("app") == gone

    async def test_an_undone_unit_leaves_nothing(self, clients: Clients, unit_of_work: UnitOfWork) -> None:
        """Neither a new client nor a change."""
        await clients.add(a_client("old"))

        async def work() -> None:
            await clients.add(a_client("new"))
            await clients.change("old", partial(remove, now=_LATER))
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert list(await clients.everything()) == [a_client("old")]


@pytest.mark.anyio
class ConsentsContract:
    """Override `consents` and `unit_of_work`."""

    @pytest.fixture
    def consents(self) -> Consents:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_there_is_one_for_each_customer_and_client(self, consents: Consents) -> None:
        """A second one takes the place of the first; a customer's are listed by client, without anybody else's."""
        for consent in (a_consent("b"), a_consent("a"), a_consent("a", customer_id=TOM), a_consent("b", "orders")):
            await consents.put(consent)

        assert await consents.find(ANN, "b") == a_consent("b", "orders")
        assert await consents.find(TOM, "b") is None
        assert list(await consents.of_customer(ANN)) == [a_consent("a"), a_consent("b", "orders")]

    async def test_what_is_withdrawn_is_gone(self, consents: Consents) -> None:
        """Once; of that customer and that client alone."""
        for consent in (a_consent("a"), a_consent("b"), a_consent("a", customer_id=TOM)):
            await consents.put(consent)
        await consents.remove(ANN, "a")

        with pytest.raises(ConsentNotFound):
            await consents.remove(ANN, "a")
        assert await consents.find(ANN, "a") is None
        assert list(await consents.of_customer(ANN)) == [a_consent("b")]
        assert await consents.find(TOM, "a") is not None

    async def test_all_of_a_customer_s_can_go(self, consents: Consents) -> None:
        """Nobody else's, and again without an error."""
        for consent in (a_consent("a"), a_consent("b"), a_consent("a", customer_id=TOM)):
            await consents.put(consent)
        for _ in range(2):
            await consents.remove_all(ANN)

        assert list(await consents.of_customer(ANN)) == []
        assert len(await consents.of_customer(TOM)) == 1

    async def test_an_undone_unit_leaves_nothing(self, consents: Consents, unit_of_work: UnitOfWork) -> None:
        """Neither a new consent nor a withdrawal."""
        await consents.put(a_consent("old"))

        async def work() -> None:
            await consents.put(a_consent("new"))
            await consents.remove(ANN, "old")
            assert [one.client_id for one in await consents.of_customer(ANN)] == ["new"]
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert list(await consents.of_customer(ANN)) == [a_consent("old")]


@pytest.mark.anyio
class GrantsContract:
    """Override `grants` and `unit_of_work`."""

    @pytest.fixture
    def grants(self) -> Grants:
        pytest.fail("override this fixture with the port under test")

    @pytest.fixture
    def unit_of_work(self) -> UnitOfWork:
        pytest.fail("override this fixture with the unit of work that the port joins")

    async def test_what_was_added_is_what_is_got(self, grants: Grants) -> None:
        """Both kinds; nothing else is there."""
        for grant in (a_code("code"), a_token("token")):
            await grants.add(grant)

        assert await grants.get("code") == a_code("code")
        assert await grants.get("token") == a_token("token")
        with pytest.raises(GrantNotFound):
            await grants.get("none")
        with pytest.raises(GrantNotFound):
            await grants.update("none", msgspec.structs.replace)

    async def test_a_code_is_taken_once_however_many_come(self, grants: Grants, unit_of_work: UnitOfWork) -> None:
        """Ten show the same code at the same moment, each for a session of their own: one gets it, nine see whose."""
        await grants.add(a_code("code"))

        async def comes(number: int) -> tuple[Shown, Grant]:
            shown = Shown.REUSED

            def show(held: Grant) -> Grant:
                nonlocal shown
                changed, shown = take(held, PROOF, SessionId(f"s{number}"), _LATER)
                return changed

            async def work() -> Grant:
                return await grants.update("code", show)

            grant = await unit_of_work(work)
            return shown, grant

        outcomes = await asyncio.gather(*map(comes, range(10)))
        held = await grants.get("code")

        assert isinstance(held, CodeGrant)
        assert [shown for shown, _ in outcomes].count(Shown.TAKEN) == 1
        assert {grant.session_id for _, grant in outcomes if isinstance(grant, CodeGrant)} == {held.session_id}
        assert held.version == 2

    async def test_a_refused_change_leaves_nothing(self, grants: Grants) -> None:
        """And an equal grant is no change."""
        await grants.add(a_code("code"))
        await grants.add(a_token("token"))
        with pytest.raises(InvalidGrant):
            await grants.update("code", lambda held: end_token(held, "app", NOON))
        ended = await grants.update("token", lambda held: end_token(held, "system", _LATER))
        again = await grants.update("token", lambda held: end_token(held, "system", NOON))

        assert await grants.get("code") == a_code("code")
        assert await grants.get("token") == ended == again
        assert ended.version == 2

    async def test_expired_ones_are_forgotten(self, grants: Grants) -> None:
        """Only those, at most so many at a time, the oldest first."""
        for seconds, name in enumerate(("first", "second", "third")):
            await grants.add(a_code(name, seconds=seconds))
        late = NOON + CODE_LIFETIME + timedelta(seconds=1)

        assert await grants.remove_expired(NOON + CODE_LIFETIME - timedelta(microseconds=1), 10) == 0
        assert await grants.remove_expired(late, 1) == 1
        with pytest.raises(GrantNotFound):
            await grants.get("first")
        assert await grants.remove_expired(late, 10) == 1
        assert (await grants.get("third")).id == "third"

    async def test_an_undone_unit_leaves_nothing(self, grants: Grants, unit_of_work: UnitOfWork) -> None:
        """A code that was taken in it is good still."""
        await grants.add(a_code("code"))

        async def work() -> None:
            await grants.update("code", lambda held: take(held, PROOF, SessionId("s"), _LATER)[0])
            await grants.add(a_token("token"))
            raise Refused

        with pytest.raises(Refused):
            await unit_of_work(work)
        assert await grants.get("code") == a_code("code")
        with pytest.raises(GrantNotFound):
            await grants.get("token")
