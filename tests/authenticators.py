"""Authenticators with keys of their own, for whoever tests passkeys."""

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from shopcore.testing.authenticator import Authenticator

ORIGIN = "https://shop.example"
DOMAIN = "shop.example"


def an_authenticator(origin: str = ORIGIN, *, synced: bool = False) -> Authenticator:
    """One with a new key."""
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_numbers()
    return Authenticator(
        origin=origin,
        public_point=(point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")),
        sign=lambda data: key.sign(data, ec.ECDSA(SHA256())),
        identity=os.urandom(32),
        synced=synced,
    )
