"""Attacks on access tokens, refresh tokens and mailed links, by their names."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.http.conftest import problem_of
from tests.http.people import PASSWORD, Person, bearer, joined, mails, register

from shopcore.identity.model import AccessClaims
from shopcore.kernel.ids import CustomerId, SessionId
from shopcore.shop import Shop
from shopcore.testing.contracts.access_tokens import parts, written

pytestmark = pytest.mark.anyio


async def is_let_in(client: httpx.AsyncClient, token: str) -> bool:
    """Whether somebody with that access token is somebody; if not, it is said the one way that there is."""
    answer = await client.get("/me", headers=bearer(token))
    if answer.status_code == 200:
        return True
    assert answer.status_code == 401
    assert problem_of(answer)["code"] in {"invalid_access_token", "unauthenticated"}  # the second, of one too long
    return False


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


# -------------------------------------------------------------------------------------------------------- access tokens


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None])
async def test_alg_none(ada: Person, client: httpx.AsyncClient, algorithm: str | None) -> None:
    header, payload, signature = parts(ada.tokens["access_token"])
    assert await is_let_in(client, ada.tokens["access_token"])

    for forged in ("", signature):
        assert not await is_let_in(client, written({**header, "alg": algorithm}, payload, forged))


async def test_key_confusion(ada: Person, client: httpx.AsyncClient) -> None:
    """The public key, in every form in which it can be had, as the secret of an HMAC."""
    header, payload, _ = parts(ada.tokens["access_token"])
    (key, *_) = (await client.get("/.well-known/jwks.json")).json()["keys"]
    raw = base64.urlsafe_b64decode(key["x"] + "==")
    public = Ed25519PublicKey.from_public_bytes(raw)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (raw, key["x"].encode(), pem, pem.strip(), json.dumps(key).encode()):
        for algorithm, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
            unsigned = written({**header, "alg": algorithm}, payload, "").rstrip(".")
            signature = hmac.digest(secret, unsigned.encode(), digest)

            assert not await is_let_in(client, f"{unsigned}.{encoded(signature)}")


@pytest.mark.parametrize(
    "kid",
    [
        *("../../../../dev/null", "/dev/null", "file:///dev/null", "' UNION SELECT 'x", "", "x" * 10_000),
        *(None, 0, True, [], {"x": 1}, "https://evil.example/jwks.json"),
    ],
)
async def test_kid_path_tricks(ada: Person, client: httpx.AsyncClient, kid: Any) -> None:
    """A name of a key that the attacker has, or that anybody has: it is looked for among the shop's own and nowhere."""
    _, payload, _ = parts(ada.tokens["access_token"])
    known_key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    header = {"alg": "EdDSA", "typ": "at+jwt", "kid": kid}
    unsigned = written(header, payload, "").rstrip(".")

    assert not await is_let_in(client, f"{unsigned}.{encoded(known_key.sign(unsigned.encode()))}")


async def test_a_key_that_the_token_brings_along(ada: Person, client: httpx.AsyncClient) -> None:
    """`jwk`, `jku`, `x5u`: the token does not say which key it is to be read with."""
    own, (header, payload, _) = Ed25519PrivateKey.generate(), parts(ada.tokens["access_token"])
    x = encoded(own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": x}
    for extra in ({"jwk": jwk}, {"jku": "https://evil.example/jwks.json"}, {"x5u": "https://evil.example"}):
        token = jwt.encode(payload, own, algorithm="EdDSA", headers={**header, **extra})

        assert not await is_let_in(client, token)


async def test_expired_and_future_tokens(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """Signed by the shop itself: its time is over, or has not come."""
    tokens, now = shop._world.access_tokens, datetime.now(UTC).replace(microsecond=0)
    claims = tokens.read(ada.tokens["access_token"])

    def token(issued: timedelta, expires: timedelta) -> str:
        return tokens.issue(msgspec.structs.replace(claims, issued_at=now + issued, expires_at=now + expires))

    minutes = [timedelta(minutes=number) for number in range(30)]
    assert await is_let_in(client, token(-minutes[1], minutes[5]))
    assert not await is_let_in(client, token(-minutes[20], -minutes[10]))
    assert not await is_let_in(client, token(-minutes[10], timedelta(0)))
    assert not await is_let_in(client, token(minutes[5], minutes[15]))


async def test_a_token_for_somebody_else_s_session(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """Even a token that the shop has signed names a session of that very customer that lives."""
    tokens = shop._world.access_tokens
    claims = tokens.read(ada.tokens["access_token"])
    eve = tokens.read((await joined(client, shop, "eve@example.com")).tokens["access_token"])
    assert isinstance(claims, AccessClaims)
    assert isinstance(eve, AccessClaims)
    forged: list[AccessClaims] = [
        msgspec.structs.replace(claims, customer_id=eve.customer_id),
        msgspec.structs.replace(claims, session_id=SessionId("01910000-0000-7000-8000-000000000000")),
        msgspec.structs.replace(claims, customer_id=CustomerId("")),
    ]
    for each in forged:
        assert not await is_let_in(client, tokens.issue(each))


async def test_tokens_of_another_shop(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """With the same key even: issuer and audience are the shop's own address. Nor is another kind of token taken."""
    header, payload, _ = parts(ada.tokens["access_token"])
    signing = shop._world.access_tokens._signing  # type: ignore[attr-defined]
    for changes, kind in (
        ({"iss": "https://other.example"}, "at+jwt"),
        ({"aud": "https://other.example"}, "at+jwt"),
        ({}, "JWT"),
        ({}, "id+jwt"),
    ):
        token = jwt.encode({**payload, **changes}, signing, algorithm="EdDSA", headers={**header, "typ": kind})

        assert not await is_let_in(client, token)


async def test_credentials_that_are_doubtful_make_nobody_a_guest(ada: Person, client: httpx.AsyncClient) -> None:
    """Two of them, another scheme, nothing behind the scheme."""
    good = f"Bearer {ada.tokens['access_token']}"
    for sent in (
        [("Authorization", good), ("Authorization", good)],
        [("Authorization", "Bearer")],
        [("Authorization", "")],
        [("Authorization", f"Basic {encoded(b'ada:secret')}")],
        [("Authorization", ada.tokens["access_token"])],
    ):
        answer = await client.get("/cart", headers=sent)

        assert answer.status_code == 401, sent


# ------------------------------------------------------------------------------------------------------------- sessions


async def test_refresh_replay(ada: Person, client: httpx.AsyncClient) -> None:
    """A thief who comes after the owner ends the session for both; who comes before is found out by the owner."""
    stolen = {"refresh_token": ada.tokens["refresh_token"]}
    latest = stolen
    for _ in range(2):
        latest = {"refresh_token": (await client.post("/auth/refresh", json=latest)).json()["refresh_token"]}
    thief = await client.post("/auth/refresh", json=stolen)
    owner = await client.post("/auth/refresh", json=latest)

    assert (thief.status_code, problem_of(thief)["code"]) == (401, "token_reused")
    assert owner.status_code == 401


async def test_session_fixation(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """Whatever tokens come with a sign-in, what it gives is new, and another's stay another's."""
    eve = await joined(client, shop, "eve@example.com")
    planted = {**eve.headers, "X-Session": "chosen", "Cookie": "session=chosen"}
    answer = await client.post("/auth/login", json={"email": ada.email, "password": PASSWORD}, headers=planted)

    assert answer.json()["user"]["email"] == ada.email
    assert answer.json()["access_token"] not in {eve.tokens["access_token"], ada.tokens["access_token"]}
    assert (await eve.ask("GET", "/me")).json()["email"] == eve.email
    assert len((await eve.ask("GET", "/auth/sessions")).json()["items"]) == 1


# --------------------------------------------------------------------------------------------------------- mailed links


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "X-Host", "Forwarded", "Origin", "Referer"])
async def test_host_header_poisoning_of_reset_links(
    ada: Person, client: httpx.AsyncClient, shop: Shop, name: str
) -> None:
    """No header has a say in where a link leads."""
    value = {"Forwarded": "host=evil.example", "Origin": "https://evil.example"}.get(name, "evil.example")
    await client.post("/auth/password/forgot", json={"email": ada.email}, headers={name: value})
    mail = await ada.last_mail()

    assert mail.link.startswith(f"{shop.settings.app_url}/reset-password#")
    assert "evil" not in mail.text


async def test_reset_token_guessing(ada: Person, client: httpx.AsyncClient) -> None:
    """Another customer, another purpose, another time: whatever is changed in a token, it is none."""
    await client.post("/auth/password/forgot", json={"email": ada.email})
    token = (await ada.last_mail()).token
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    mac, (purpose, customer, until, subject) = raw[:32], json.loads(raw[32:])
    guesses = [
        mac + json.dumps(said).encode()
        for said in (
            (purpose, customer, until + 3600, subject),
            (purpose, "01910000-0000-7000-8000-000000000000", until, subject),
            ("verify", customer, until, subject),
            (purpose, customer, until, "x"),
        )
    ]
    guesses += [bytes([byte ^ 1]) + raw[1:] for byte in raw[:1]] + [raw[32:], bytes(32) + raw[32:], b"", raw + b" "]
    for guess in guesses:
        reset = {"token": encoded(guess), "password": "what eve likes"}
        answer = await client.post("/auth/password/reset", json=reset)

        assert (answer.status_code, problem_of(answer)["code"]) == (422, "invalid_link")
    done = await client.post("/auth/password/reset", json={"token": token, "password": "analytical engine"})
    assert done.status_code == 204


async def test_reset_token_reuse(ada: Person, client: httpx.AsyncClient) -> None:
    """Once used, neither it nor any other that was mailed before; nor does a link for one thing do another."""
    await client.post("/auth/password/forgot", json={"email": ada.email})
    token = (await ada.last_mail()).token
    wrong_door = await client.post("/auth/verify-email", json={"token": token})
    statuses = [
        (await client.post("/auth/password/reset", json={"token": token, "password": f"a new one {n}"})).status_code
        for n in range(3)
    ]

    assert problem_of(wrong_door)["code"] == "invalid_link"
    assert statuses == [204, 422, 422]


async def test_unicode_look_alike_addresses(ada: Person, client: httpx.AsyncClient, shop: Shop) -> None:
    """What is equivalent is the same account; what only looks alike is another, whose mail goes to another mailbox."""
    for same in ("ADA@example.com", "\uff41da@example.com", "ada@EXAMPLE.com"):
        answer = await client.post("/auth/login", json={"email": same, "password": PASSWORD})
        assert answer.json()["user"]["id"] == ada.tokens["user"]["id"]
    lookalike = "\u0430da@example.com"
    await register(client, lookalike)
    await client.post("/auth/password/forgot", json={"email": lookalike})
    told = await mails(shop)

    assert {mail.to for mail in told if mail.to != ada.email} == {lookalike}
    assert [mail.subject for mail in told if mail.to == ada.email].count("Confirm your e-mail address") == 1
    assert "Set a new password" not in [mail.subject for mail in told if mail.to == ada.email]


async def test_mass_assignment(ada: Person, client: httpx.AsyncClient) -> None:
    """No body takes a field that is not its own: a role, a verified address, a second factor that is off."""
    extra = {"role": "owner", "roles": ["owner"], "permissions": ["*"], "email_verified": True, "mfa_enabled": False}
    bodies = {
        ("POST", "/auth/register"): {"email": "eve@example.com", "password": PASSWORD},
        ("POST", "/auth/login"): {"email": ada.email, "password": PASSWORD},
        ("PATCH", "/me"): {"name": "Ada"},
        ("POST", "/me/email"): {"email": "eve@example.com", "password": PASSWORD},
        ("POST", "/auth/password/change"): {"current": PASSWORD, "new": "analytical engine"},
    }
    for (method, path), body in bodies.items():
        for field, value in extra.items():
            answer = await ada.ask(method, path, json={**body, field: value})

            assert (answer.status_code, problem_of(answer)["code"]) == (400, "unknown_field")
    assert (await ada.login()).status_code == 200
    assert (await ada.ask("GET", "/admin/audit")).status_code == 403
