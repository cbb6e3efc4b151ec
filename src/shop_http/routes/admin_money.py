"""What is served of the money of orders: payments, gateways, and how they compare with the books."""

from shop_http.routes import admin_gateways, admin_hand_payments, admin_payments, admin_reconciliations

HANDLERS = (
    admin_payments.show_any_payment,
    admin_payments.capture_payment,
    admin_payments.void_payment,
    admin_payments.refund_order,
    admin_payments.retry_refund,
    admin_payments.report_payments,
    admin_hand_payments.confirm_payment,
    admin_hand_payments.refuse_payment,
    admin_hand_payments.confirm_refund,
    admin_gateways.list_gateways,
    admin_gateways.switch_gateway,
    admin_reconciliations.list_reconciliations,
    admin_reconciliations.request_reconciliation,
    admin_reconciliations.show_reconciliation,
    admin_reconciliations.leave_difference,
)
"""In the order of the document."""
