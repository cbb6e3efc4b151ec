"""Every permission there is, and which act needs which: the one place where both are written down."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from shopcore.access.errors import CannotGrant
from shopcore.kernel.actor import EVERYTHING, Actor, Integration, Staff, System, permissions_of
from shopcore.kernel.errors import FieldError

PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        "api_keys:read": "See which API keys there are and what they may do.",
        "api_keys:write": "Make and revoke API keys.",
        "audit:read": "Read the audit log, and verify it.",
        "catalog:read": "See drafts and archived products too.",
        "catalog:write": "Create, change, import, publish and archive products and categories.",
        "customers:read": "See who has an account, by name and e-mail address.",
        "customers:write": "Lock customers out, let them in again, and remove a second factor that was lost.",
        "events:read": "Read what happened in the shop, as ids and figures.",
        "inventory:read": "See stock levels and movements.",
        "inventory:write": "Correct stock, and say how it is tracked.",
        "jobs:read": "See the queue.",
        "jobs:write": "Retry and discard jobs.",
        "messages:read": "See how many messages were sent, and that mail to some addresses came back.",
        "messages:write": "Let an address that mail came back from be written to again.",
        "oauth_clients:read": "See which apps and integrations are registered.",
        "oauth_clients:write": "Register apps and integrations, change and remove them.",
        "orders:read": "See every order, with its buyer's name and addresses.",
        "orders:refund": "Give money back.",
        "orders:write": "Ship, deliver and cancel orders.",
        "payments:read": "See every payment, what all of them come to, and the gateways.",
        "payments:write": "Settle payments with their gateway, and switch gateways on and off.",
        "pricing:read": "See shipping methods, tax rates and coupons.",
        "pricing:write": "Change shipping methods, tax rates and coupons.",
        "reports:read": "See reports: how many carts become paid orders, taxes, and what gateways hold.",
        "roles:read": "See the roles and what they may do.",
        "roles:write": "Make, change and remove roles.",
        "staff:read": "See who works for the shop, and in which roles.",
        "staff:write": "Add and remove members of staff, and change their roles.",
        "webhooks:read": "See which other systems are told what happens, and what came of it.",
        "webhooks:write": "Say which other systems are told what happens, and have it told again.",
    }
)
"""What a role or an API key can hold."""

INTERNAL: Mapping[str, str] = MappingProxyType(
    {
        "accounts:write": "Forget sessions and erased customers, and give customers their orders as guests.",
        "carts:write": "Forget carts that nobody came back to.",
        "claims:write": "Forget idempotency keys after their time.",
        "events:write": "Pass on what happened to whoever counts it, and note it for reports.",
        "mail:write": "Send the mails that follow from what happened.",
    }
)
"""What only the shop itself does; no role can hold them."""

NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "access.change_member": "staff:write",
        "access.create_api_key": "api_keys:write",
        "access.list_api_keys": "api_keys:read",
        "access.list_members": "staff:read",
        "access.list_roles": "roles:read",
        "access.put_role": "roles:write",
        "access.remove_role": "roles:write",
        "access.revoke_api_key": "api_keys:write",
        "accounts.claim_orders": "accounts:write",
        "administration.add_colleague": "staff:write",
        "administration.find_person": "customers:read",
        "administration.lift_second_factor": "customers:write",
        "administration.list_colleagues": "staff:read",
        "administration.list_people": "customers:read",
        "administration.lock_person": "customers:write",
        "administration.remove_colleague": "staff:write",
        "administration.vouch_for_colleague": "staff:write",
        "aftersales.annotate_order": "orders:write",
        "aftersales.announce_order": "events:write",
        "aftersales.cancel_order": "orders:write",
        "aftersales.capture_payment": "payments:write",
        "aftersales.carry_out_refund": "orders:refund",
        "aftersales.check_orders": "payments:write",
        "aftersales.confirm_charges": "payments:write",
        "aftersales.confirm_payment": "payments:write",
        "aftersales.confirm_refund": "orders:refund",
        "aftersales.deliver_order": "orders:write",
        "aftersales.expire_order": "orders:write",
        "aftersales.find_order": "orders:read",
        "aftersales.forget_webhooks": "payments:write",
        "aftersales.list_orders": "orders:read",
        "aftersales.list_webhooks": "jobs:read",
        "aftersales.match_webhooks": "payments:write",
        "aftersales.note_order": "events:write",
        "aftersales.process_webhook": "payments:write",
        "aftersales.refund_order": "orders:refund",
        "aftersales.refuse_payment": "payments:write",
        "aftersales.replay_webhooks": "jobs:write",
        "aftersales.report_payments": "payments:read",
        "aftersales.resolve_payment": "payments:write",
        "aftersales.retry_refund": "orders:refund",
        "aftersales.settle_stock": "inventory:write",
        "aftersales.ship_order": "orders:write",
        "aftersales.show_order": "orders:read",
        "aftersales.show_payment": "orders:read",
        "aftersales.stop_attempt": "payments:write",
        "aftersales.sweep_overdue": "orders:write",
        "aftersales.take_in_news": "payments:write",
        "aftersales.take_in_refund": "payments:write",
        "aftersales.void_payment": "payments:write",
        "audit.list_entries": "audit:read",
        "audit.verify_log": "audit:read",
        "catalog.archive_product": "catalog:write",
        "catalog.create_category": "catalog:write",
        "catalog.create_product": "catalog:write",
        "catalog.find_product": "catalog:read",
        "catalog.list_catalog": "catalog:read",
        "catalog.publish_product": "catalog:write",
        "catalog.update_product": "catalog:write",
        "checkout.retry_payment": "payments:write",
        "delegation.add_client": "oauth_clients:write",
        "delegation.change_redirects": "oauth_clients:write",
        "delegation.renew_secret": "oauth_clients:write",
        "idempotency.forget_old_claims": "claims:write",
        "identity.forget_expired_sessions": "accounts:write",
        "identity.forget_spent_tokens": "accounts:write",
        "identity.forget_unverified_accounts": "accounts:write",
        "inventory.adjust_stock": "inventory:write",
        "inventory.list_movements": "inventory:read",
        "inventory.list_stock": "inventory:read",
        "inventory.set_stock_rules": "inventory:write",
        "inventory.show_stock": "inventory:read",
        "jobs.discard_job": "jobs:write",
        "jobs.discard_jobs": "jobs:write",
        "jobs.enqueue_scheduled": "jobs:write",
        "jobs.forget_done_jobs": "jobs:write",
        "jobs.list_jobs": "jobs:read",
        "jobs.retry_job": "jobs:write",
        "jobs.retry_jobs": "jobs:write",
        "jobs.show_depth": "jobs:read",
        "jobs.show_job": "jobs:read",
        "jobs.work_jobs": "jobs:write",
        "messages.forget_sent_messages": "mail:write",
        "messages.lift_suppression": "messages:write",
        "messages.list_troubled_addresses": "messages:read",
        "messages.note_discarded": "mail:write",
        "messages.tally_messages": "messages:read",
        "notifications.find_back_in_stock": "mail:write",
        "notifications.report_dead_jobs": "mail:write",
        "notifications.report_differences": "mail:write",
        "notifications.report_endpoint_off": "mail:write",
        "notifications.report_failed_refund": "mail:write",
        "notifications.report_lapsed_hold": "mail:write",
        "notifications.report_low_stock": "mail:write",
        "notifications.send_account_mail": "mail:write",
        "notifications.send_back_in_stock": "mail:write",
        "notifications.send_cart_reminder": "mail:write",
        "notifications.send_order_mail": "mail:write",
        "notifications.show_unsent": "messages:read",
        "oauth.forget_expired_grants": "accounts:write",
        "oauth.list_clients": "oauth_clients:read",
        "oauth.remove_client": "oauth_clients:write",
        "operations.import_products": "catalog:write",
        "operations.note_journey": "events:write",
        "operations.pass_events_on": "events:write",
        "operations.read_events": "events:read",
        "operations.recount_funnel": "reports:read",
        "payments.check_sums": "payments:write",
        "payments.close_wallets": "accounts:write",
        "payments.leave_difference": "payments:write",
        "payments.list_gateways": "payments:read",
        "payments.list_reconciliations": "payments:read",
        "payments.reconcile_payments": "payments:write",
        "payments.report_balances": "reports:read",
        "payments.report_tax": "reports:read",
        "payments.request_reconciliation": "payments:write",
        "payments.show_reconciliation": "payments:read",
        "payments.sum_up_ledger": "payments:write",
        "payments.switch_gateway": "payments:write",
        "pricing.list_coupons": "pricing:read",
        "pricing.list_rules": "pricing:read",
        "pricing.put_coupon": "pricing:write",
        "pricing.put_shipping_method": "pricing:write",
        "pricing.put_tax_rate": "pricing:write",
        "pricing.remove_shipping_method": "pricing:write",
        "pricing.remove_tax_rate": "pricing:write",
        "privacy.forget_buyer": "accounts:write",
        "reporting.forget_journeys": "events:write",
        "reporting.note_cart": "events:write",
        "reporting.show_funnel": "reports:read",
        "shopping.forget_expired_carts": "carts:write",
        "webhooks.change_endpoint": "webhooks:write",
        "webhooks.continue_replay": "events:write",
        "webhooks.create_endpoint": "webhooks:write",
        "webhooks.deliver_webhook": "events:write",
        "webhooks.forget_announcements": "events:write",
        "webhooks.list_announcements": "webhooks:read",
        "webhooks.list_deliveries": "webhooks:read",
        "webhooks.list_endpoints": "webhooks:read",
        "webhooks.remove_endpoint": "webhooks:write",
        "webhooks.replay_events": "webhooks:write",
        "webhooks.resend_delivery": "webhooks:write",
        "webhooks.rotate_secret": "webhooks:write",
        "webhooks.show_endpoint": "webhooks:read",
    }
)
"""Which permission each use case asks of staff and integrations; a test holds it to what they do. A buyer needs none
for what is theirs, and whatever is not here asks for none at all."""

FOR_PEOPLE_ONLY = frozenset({"api_keys:write", "oauth_clients:write", "roles:write", "staff:write"})
"""What no API key and no app can hold: one that leaks must not be able to make others, or members of staff."""


def held(actor: Actor) -> frozenset[str]:
    """What an actor may do beyond what is theirs."""
    match actor:
        case System():
            return frozenset({EVERYTHING})
        case Staff() | Integration():
            return permissions_of(actor)
        case _:
            return frozenset()


def require_all(actor: Actor, wanted: Collection[str]) -> None:
    """Raise `CannotGrant` unless the actor has all of these permissions: nobody raises anybody above themselves."""
    mine = held(actor)
    if EVERYTHING not in mine and (lacking := set(wanted) - mine):
        raise CannotGrant(lacking)


def unknown_in(permissions: Collection[str], field: str) -> list[FieldError]:
    """What is wrong with a list of permissions."""
    return [
        FieldError(field=f"{field}/{index}", code="unknown_permission", message="is not a permission")
        for index, permission in enumerate(permissions)
        if permission not in PERMISSIONS
    ]
