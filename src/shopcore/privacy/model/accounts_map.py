"""What is stored of accounts, of what proves that somebody is their owner, and of the apps that they let in."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from shopcore.identity.model import Account, EmailChange, Passkey, SavedAddress, SecondFactor, Session
from shopcore.oauth.model import Client, ClientGrant, CodeGrant, Consent
from shopcore.privacy.model.personal_data import PROOF, Declared, Gone, Kept, declared, personal

_SEALED, _PLAIN = Kept.SEALED, Kept.PLAIN

ACCOUNTS: Mapping[type[msgspec.Struct], Declared] = MappingProxyType(
    {
        Account: declared(
            "accounts",
            personal(_SEALED, Gone.AT_ONCE, "id", "Whose everything is.", exported="user"),
            personal(_SEALED, Gone.AT_ONCE, "email name locale", "To sign in, to be written to.", exported="user"),
            personal(_SEALED, Gone.AT_ONCE, "password", f"An argon2id hash. {PROOF}"),
            personal(
                _SEALED,
                Gone.AT_ONCE,
                "networks",
                "Keyed digests: guesses from elsewhere do not keep the owner out.",
                exported="networks",
            ),
            personal(_SEALED, Gone.AT_ONCE, "unwanted", "The mails that they do not want.", exported="user"),
            parts="email_change addresses second_factor passkeys",
            impersonal="created_at credentials verified_at locked_at asked_at version",
        ),
        EmailChange: declared(
            "accounts",
            personal(
                _SEALED, Gone.WITH_WHOLE, "email", "The address that both have to agree to.", exported="email_change"
            ),
            impersonal="id asked_at old_agreed new_agreed",
        ),
        SavedAddress: declared("accounts", parts="address", impersonal="id"),
        SecondFactor: declared(
            "accounts",
            personal(_SEALED, Gone.WITH_WHOLE, "secret recovery", f"Codes; those for recovery hashed. {PROOF}"),
            impersonal="confirmed_at last_step vouched_at",
        ),
        Passkey: declared(
            "accounts",
            personal(_SEALED, Gone.WITH_WHOLE, "name transports", "To tell one's passkeys apart.", exported="passkeys"),
            personal(_SEALED, Gone.WITH_WHOLE, "credential public_key", "To verify what the passkey signs."),
            impersonal="id created_at sign_count synced last_used_at vouched_at",
        ),
        Session: declared(
            "sessions",
            personal(_PLAIN, Gone.LATER, "customer_id", "Whose session it is."),
            personal(_SEALED, Gone.LATER, "device origin", "To tell one's sessions apart.", exported="sessions"),
            impersonal="id created_at authenticated_at rotated_at expires_at methods counter ended_at version client_id"
            " scopes",
        ),
        Consent: declared(
            "oauth_consents",
            personal(_PLAIN, Gone.AT_ONCE, "customer_id", "Who lets an app do something."),
            personal(_PLAIN, Gone.AT_ONCE, "client_id scopes given_at", "What they let it do.", exported="apps"),
            impersonal="edition places",
        ),
        CodeGrant: declared(
            "oauth_grants",
            personal(_PLAIN, Gone.LATER, "customer_id", "Who gave an app the code; a day later it is removed."),
            impersonal="id client_id lender_id scopes redirect_uri challenge created_at expires_at session_id version",
        ),
        ClientGrant: declared("oauth_grants", impersonal="id client_id scopes created_at expires_at ended_at version"),
        Client: declared(
            "oauth_clients",
            personal(_PLAIN, Gone.NEVER, "created_by", "Who registered the program, by role and id."),
            impersonal="id name scopes created_at redirect_uris digest removed_at edition",
        ),
    }
)
