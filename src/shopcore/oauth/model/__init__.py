"""Clients, what they may ask for, and what people and the shop gave them."""

from shopcore.oauth.model.clients import Client
from shopcore.oauth.model.consents import Consent
from shopcore.oauth.model.grants import ClientGrant, CodeGrant, Grant
from shopcore.oauth.model.requests import AuthorizationRequest

__all__ = ["AuthorizationRequest", "Client", "ClientGrant", "CodeGrant", "Consent", "Grant"]
