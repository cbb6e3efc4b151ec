"""Accounts, what proves that somebody is their owner, and the sessions that follow from it."""

from shopcore.identity.model.access import AccessClaims, Claims, ClientClaims, SignedIn, Tokens
from shopcore.identity.model.accounts import Account, EmailChange, Mailing
from shopcore.identity.model.addresses import SavedAddress
from shopcore.identity.model.links import Purpose
from shopcore.identity.model.passkeys import Assertion, Attestation, NewKey, Passkey, Use
from shopcore.identity.model.second_factor import SecondFactor
from shopcore.identity.model.sessions import Device, Session

__all__ = [
    "AccessClaims",
    "Account",
    "Assertion",
    "Attestation",
    "Claims",
    "ClientClaims",
    "Device",
    "EmailChange",
    "Mailing",
    "NewKey",
    "Passkey",
    "Purpose",
    "SavedAddress",
    "SecondFactor",
    "Session",
    "SignedIn",
    "Tokens",
    "Use",
]
