"""The map of personal data: every field that is stored, and how it is treated (GDPR, articles 15, 17 and 30).

A test fails for a field that is not here, so whoever adds one has to decide. `docs/personal_data.py` prints it.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from shopcore.access.model import ApiKey, Member, Role
from shopcore.audit.model import Entry
from shopcore.cart.model import Cart, CartLine
from shopcore.idempotency.model import Claim
from shopcore.jobs.model import Failure, Job
from shopcore.kernel.address import Address, Contact
from shopcore.ordering.model import Fulfillment, Order, OrderLine, OrderTotals, Refund, RefundLine, TimelineEntry
from shopcore.payments.model import (
    Attempt,
    Dispute,
    DisputeNews,
    JournalEntry,
    NextAction,
    Payment,
    Posting,
    RefundNews,
    Report,
    Switch,
    Wallet,
    WalletName,
)
from shopcore.payments.ports import Aside, GatewayEvent
from shopcore.privacy.model.accounts_map import ACCOUNTS
from shopcore.privacy.model.books_map import BOOKS
from shopcore.privacy.model.messages_map import MESSAGES
from shopcore.privacy.model.personal_data import PROOF, Declared, Gone, Kept, declared, personal

_SEALED, _PLAIN, _HASHED, _INDEXED = Kept.SEALED, Kept.PLAIN, Kept.HASHED, Kept.INDEXED

PERSONS: Mapping[type[msgspec.Struct], Declared] = MappingProxyType(
    {
        **BOOKS,
        **ACCOUNTS,
        Address: declared(
            "accounts, carts, orders",
            personal(
                _SEALED,
                Gone.WITH_WHOLE,
                "name line1 city country company line2 region postal_code phone",
                "To deliver, to bill, and to tax.",
                exported="addresses, orders, cart",
            ),
        ),
        Contact: declared(
            "carts, orders",
            personal(_SEALED, Gone.WITH_WHOLE, "email locale", "To write about the order.", exported="orders, cart"),
            parts="shipping_address billing_address",
        ),
        Cart: declared(
            "carts",
            personal(_PLAIN, Gone.LATER, "customer_id", "Whose cart it is; it is empty by then."),
            personal(_PLAIN, Gone.AT_ONCE, "coupon_codes", "What the price will be.", exported="cart"),
            parts="lines contact",
            impersonal="id currency created_at expires_at shipping_method ordered remind version",
        ),
        CartLine: declared(
            "carts",
            personal(_PLAIN, Gone.WITH_WHOLE, "variant_id quantity", "What somebody means to buy.", exported="cart"),
        ),
        Order: declared(
            "orders",
            personal(_PLAIN, Gone.NEVER, "customer_id", "Whose order it was; leads to nobody without the account."),
            personal(_PLAIN, Gone.NEVER, "explanation", "The books: the country and region that the tax was of."),
            parts="lines totals contact fulfillments refunds timeline",
            impersonal="id number cart_id placed_at expires_at shipping_method status payment_status version",
        ),
        OrderLine: declared(
            "orders",
            personal(
                _PLAIN, Gone.NEVER, "variant_id sku title quantity", "The books: what was sold.", exported="orders"
            ),
            parts="unit_price line_total",
        ),
        OrderTotals: declared("orders", parts="subtotal discount shipping tax total"),
        Fulfillment: declared(
            "orders",
            personal(_PLAIN, Gone.SOON, "tracking_number", "To follow the parcel, to the door.", exported="orders"),
            impersonal="id shipped_at carrier delivered_at",
        ),
        Refund: declared(
            "orders",
            personal(_PLAIN, Gone.SOON, "reason", "To say why money went back.", exported="orders"),
            parts="amount lines",
            impersonal="id payment_id requested_at restock attempt status failure failed_at instead_of",
        ),
        RefundLine: declared(
            "orders",
            personal(
                _PLAIN, Gone.NEVER, "variant_id sku quantity", "The books: what money went back for.", exported="orders"
            ),
        ),
        TimelineEntry: declared(
            "orders",
            personal(_PLAIN, Gone.SOON, "note", "What somebody said, such as why they cancel.", exported="orders"),
            personal(_PLAIN, Gone.NEVER, "by", "Who did it, by role and id; the export has the role."),
            impersonal="at event",
        ),
        Payment: declared(
            "payments",
            personal(_PLAIN, Gone.NEVER, "method reference", "The books: to find the money.", exported="payments"),
            personal(_SEALED, Gone.SOON, "return_url", "Where the gateway sends the buyer back.", exported="payments"),
            personal(_SEALED, Gone.SOON, "client_secret", f"To pay with. {PROOF}"),
            parts="amount capturing captured disputes next_action earlier charges wallet",
            impersonal="others closed id order_id gateway created_at updated_at attempt state is_assumed failure saves"
            " letting_go is_set_by quiet_until begun_at asked_at version",
        ),
        WalletName: declared(
            "payments", personal(_PLAIN, Gone.WITH_WHOLE, "reference", "To pay with it."), impersonal="gateway"
        ),
        Wallet: declared(
            "wallets",
            personal(_PLAIN, Gone.SOON, "customer_id", "Whose it is."),
            personal(_PLAIN, Gone.SOON, "reference", "To ask the gateway for what it keeps.", exported="wallets"),
            impersonal="gateway opened_at",
        ),
        Switch: declared(
            "gateway_switches",
            personal(_PLAIN, Gone.NEVER, "by", "Who switched a gateway, by role and id."),
            impersonal="gateway is_on at reason",
        ),
        NextAction: declared(
            "payments",
            personal(
                _SEALED,
                Gone.WITH_WHOLE,
                "url",
                f"Where the buyer agrees to pay; the inbox keeps none. {PROOF}",
            ),
            impersonal="type text",
        ),
        Attempt: declared(
            "payments",
            personal(
                _PLAIN, Gone.NEVER, "reference", "The books: to find the money at its gateway.", exported="payments"
            ),
            parts="amount",
            impersonal="number gateway",
        ),
        Report: declared(
            "inbox",
            personal(_PLAIN, Gone.NEVER, "reference", "What a gateway said of money that moved, or will not."),
            parts="amount next_action",
            impersonal="payment_id attempt state is_assumed is_final failure client_secret quiet_until",
        ),
        RefundNews: declared(
            "inbox",
            personal(_PLAIN, Gone.NEVER, "reference", "What a gateway said of money that came back."),
            impersonal="refund_id done",
        ),
        DisputeNews: declared(
            "inbox",
            personal(_PLAIN, Gone.NEVER, "reference", "What a gateway said of money that was complained about."),
            parts="dispute",
        ),
        Dispute: declared("payments", parts="amount", impersonal="id state attempt"),
        GatewayEvent: declared("inbox", parts="report refund dispute", impersonal="gateway event_id type"),
        Aside: declared("inbox", impersonal="gateway event_id payment_id received_at look_at"),
        JournalEntry: declared("journal_entries", parts="postings", impersonal="key at order_id payment_id gateway"),
        Posting: declared("journal_entries", parts="amount", impersonal="account"),
        Claim: declared(
            "claims",
            personal(_SEALED, Gone.LATER, "outcome", "The answer, for whoever asks again within 24 hours."),
            personal(_HASHED, Gone.LATER, "fingerprint", "To tell another request under the same key; 24 hours."),
            impersonal="key claimed_at leased_until owner correlation_id ids point",
        ),
        Entry: declared(
            "audit_entries",
            personal(_PLAIN, Gone.NEVER, "actor subject", "Who did what to whom, by role and id."),
            personal(_PLAIN, Gone.NEVER, "origin", "Where it came from; without the last digits."),
            personal(_PLAIN, Gone.NEVER, "before after", "Figures, states and ids; addresses are struck out."),
            impersonal="sequence at action correlation_id previous digest",
        ),
        Job: declared(
            "jobs",
            personal(_PLAIN, Gone.LATER, "payload unique_key", "What to do, by ids; a job that is dead stays."),
            impersonal="id kind run_at created_at priority max_attempts correlation_id state attempts worker"
            " leased_until last_error lost_attempts",
            parts="failures",
        ),
        Failure: declared("jobs", impersonal="at attempt error"),
        **MESSAGES,
        Member: declared(
            "members",
            personal(_PLAIN, Gone.AT_ONCE, "customer_id roles", "Who works for the shop, and may do what."),
            personal(_PLAIN, Gone.NEVER, "added_by", "Who made them so, by role and id."),
            impersonal="added_at",
        ),
        Role: declared("roles", impersonal="name description permissions"),
        ApiKey: declared(
            "api_keys",
            personal(_PLAIN, Gone.NEVER, "created_by", "Who made the key, by role and id."),
            impersonal="id name permissions digest ending created_at expires_at used_at revoked_at",
        ),
    }
)
"""What is stored of people, by type: whatever holds a Struct, its fields are declared once."""

BESIDE: Mapping[str, Declared] = MappingProxyType(
    {
        "accounts": declared("accounts", impersonal="unverified_since undated"),
        "account_emails": declared(
            "account_emails",
            personal(_INDEXED, Gone.AT_ONCE, "email", "To sign in; without the key it tells no address."),
            personal(_PLAIN, Gone.AT_ONCE, "account_id", "Whose address it is."),
            impersonal="key",
        ),
        "passkeys": declared(
            "passkeys",
            personal(_HASHED, Gone.AT_ONCE, "credential", "A passkey is one account's."),
            personal(_PLAIN, Gone.AT_ONCE, "account_id", "Whose passkey it is."),
        ),
        "carts": declared("carts", personal(_HASHED, Gone.LATER, "token_hash", "What a guest shows for their cart.")),
        "orders": declared(
            "orders",
            personal(_HASHED, Gone.NEVER, "token_hash", "What a guest shows for their order."),
            personal(_INDEXED, Gone.SOON, "email", "Staff find orders by address; a guest's become their account's."),
            impersonal="refund_failed",
        ),
        "coupon_redemptions": declared(
            "coupon_redemptions",
            personal(
                _INDEXED,
                Gone.NEVER,
                "customer",
                "So many uses of a coupon for each address, also of one's next account.",
            ),
            personal(_PLAIN, Gone.NEVER, "customer_id", "So many uses for each account; leads to nobody without it."),
            impersonal="order_id code at",
        ),
        "spent_tokens": declared("spent_tokens", impersonal="digest until"),
    }
)
"""Columns that stand beside a Struct, or without one, by table."""
