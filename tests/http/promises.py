"""What the shop has promised of its addresses: their names, what they take, what they answer, and to whom."""

# The lines of the HTTP contract that exist now: what is asked, and with which status it is answered when all is well.
CONTRACT = """
    GET    /products                            200
    GET    /products/search                     200
    GET    /products/{id_or_slug}               200
    GET    /categories                          200
    GET    /categories/{slug}                   200
    GET    /cart                                200
    PATCH  /cart                                200
    POST   /cart/items                          200
    PUT    /cart/items/{variant_id}             200
    DELETE /cart/items/{variant_id}             200
    GET    /cart/shipping-methods               200
    POST   /cart/coupons                        200
    DELETE /cart/coupons/{code}                 200
    POST   /cart/checkout                       201
    GET    /orders                              200
    GET    /orders/{order_id}                   200
    GET    /orders/{order_id}/explanation       200
    GET    /orders/{order_id}/payment           200
    POST   /orders/{order_id}/payment           200
    POST   /orders/{order_id}/cancel            200
    POST   /auth/register                       202
    POST   /auth/verify-email                   200
    POST   /auth/verify-email/resend            202
    POST   /auth/login                          200
    POST   /auth/refresh                        200
    GET    /auth/csrf                           200
    POST   /auth/logout                         204
    POST   /auth/logout-all                     204
    GET    /auth/sessions                       200
    DELETE /auth/sessions/{session_id}          204
    POST   /auth/password/forgot                202
    POST   /auth/password/reset                 204
    POST   /auth/password/change                204
    POST   /auth/mfa/totp                       200
    POST   /auth/mfa/totp/confirm               200
    DELETE /auth/mfa/totp                       204
    POST   /auth/mfa/passkeys                   200
    DELETE /auth/mfa/passkeys                   204
    GET    /auth/mfa/recovery-codes             200
    POST   /auth/mfa/recovery-codes             200
    POST   /auth/mfa/disown                     204
    POST   /auth/mfa/vouch                      204
    POST   /auth/passkeys/options               200
    POST   /auth/passkeys                       201
    GET    /auth/passkeys                       200
    PATCH  /auth/passkeys/{passkey_id}          200
    DELETE /auth/passkeys/{passkey_id}          204
    POST   /auth/passkeys/sign-in/options       200
    POST   /auth/passkeys/sign-in               200
    POST   /auth/passkeys/step-up               204
    POST   /auth/email/confirm                  200
    GET    /.well-known/jwks.json               200
    GET    /.well-known/oauth-authorization-server 200
    GET    /oauth/authorize                     200
    POST   /oauth/authorize                     200
    POST   /oauth/token                         200
    POST   /oauth/revoke                        200
    GET    /me                                  200
    PATCH  /me                                  200
    DELETE /me                                  204
    GET    /me/export                           200
    POST   /me/email                            202
    GET    /me/apps                             200
    DELETE /me/apps/{client_id}                 204
    GET    /me/addresses                        200
    POST   /me/addresses                        201
    GET    /me/addresses/{address_id}           200
    PUT    /me/addresses/{address_id}           200
    DELETE /me/addresses/{address_id}           204
    GET    /me/payment-methods                  200
    DELETE /me/payment-methods/{method_id}      204
    GET    /me/stock-watches                    200
    PUT    /me/stock-watches/{variant_id}       204
    DELETE /me/stock-watches/{variant_id}       204
    GET    /unsubscribe/{token}                 200
    POST   /unsubscribe/{token}                 200
    POST   /webhooks/{gateway}                  200
    POST   /webhooks/mail/{provider}            200
    GET    /admin/audit                         200
    GET    /admin/audit/verification            200
    GET    /admin/oauth-clients                 200
    POST   /admin/oauth-clients                 201
    DELETE /admin/oauth-clients/{client_id}     204
    POST   /admin/oauth-clients/{client_id}/secret 200
    PUT    /admin/oauth-clients/{client_id}/redirect-uris 200
    GET    /admin/roles                         200
    PUT    /admin/roles/{name}                  200
    DELETE /admin/roles/{name}                  204
    GET    /admin/staff                         200
    POST   /admin/staff                         201
    PUT    /admin/staff/{customer_id}           204
    DELETE /admin/staff/{customer_id}           200
    POST   /admin/staff/{customer_id}/vouch     204
    GET    /admin/customers                     200
    POST   /admin/customers/search              200
    GET    /admin/customers/{customer_id}       200
    POST   /admin/customers/{customer_id}/lock  200
    POST   /admin/customers/{customer_id}/unlock 200
    DELETE /admin/customers/{customer_id}/second-factor 204
    GET    /admin/orders                        200
    POST   /admin/orders/search                 200
    GET    /admin/orders/{order_id}             200
    POST   /admin/orders/{order_id}/cancel      200
    POST   /admin/orders/{order_id}/fulfillments 200
    POST   /admin/orders/{order_id}/fulfillments/{parcel_id}/delivered 200
    POST   /admin/orders/{order_id}/notes       200
    POST   /admin/orders/{order_id}/refunds     200
    POST   /admin/orders/{order_id}/refunds/{refund_id}/retry 200
    GET    /admin/orders/{order_id}/payment     200
    POST   /admin/orders/{order_id}/payment/capture 200
    POST   /admin/orders/{order_id}/payment/void 200
    POST   /admin/orders/{order_id}/payment/confirm 200
    POST   /admin/orders/{order_id}/payment/refuse 200
    POST   /admin/orders/{order_id}/refunds/{refund_id}/confirm 200
    GET    /admin/payments                      200
    GET    /admin/gateways                      200
    PUT    /admin/gateways/{gateway}            200
    GET    /admin/reconciliations               200
    POST   /admin/reconciliations               202
    GET    /admin/reconciliations/{run_id}      200
    POST   /admin/reconciliations/differences/{difference_id}/leave 200
    GET    /admin/api-keys                      200
    POST   /admin/api-keys                      201
    DELETE /admin/api-keys/{key_id}             204
    GET    /admin/jobs                          200
    GET    /admin/jobs/{job_id}                 200
    POST   /admin/jobs/{job_id}/retry           200
    DELETE /admin/jobs/{job_id}                 204
    POST   /admin/jobs/retry                    200
    POST   /admin/jobs/discard                  200
    GET    /admin/reports/funnel                200
    GET    /admin/reports/tax                   200
    GET    /admin/reports/balances              200
    GET    /admin/webhook-endpoints             200
    POST   /admin/webhook-endpoints             201
    GET    /admin/webhook-endpoints/{endpoint_id} 200
    PATCH  /admin/webhook-endpoints/{endpoint_id} 200
    DELETE /admin/webhook-endpoints/{endpoint_id} 204
    POST   /admin/webhook-endpoints/{endpoint_id}/secret 200
    GET    /admin/webhook-endpoints/{endpoint_id}/deliveries 200
    POST   /admin/webhook-endpoints/{endpoint_id}/deliveries/{event_id}/resend 202
    POST   /admin/webhook-endpoints/{endpoint_id}/replay 202
    GET    /admin/webhook-events                200
    GET    /health/live                         200
    GET    /health/ready                        200
    GET    /metrics                             200
"""


FILTERS = ["category", "brand", "tag", "min_price", "max_price", "currency", "in_stock", "limit", "cursor"]


QUERIES = {
    "/products": [*FILTERS, "sort"],
    "/products/search": [*FILTERS, "q"],
    "/products/{id_or_slug}": ["currency"],
    "/orders": ["limit", "cursor"],
    "/oauth/authorize": [
        *("client_id", "response_type", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"),
    ],
    "/admin/audit": ["limit", "cursor", "subject", "actor", "action", "since", "until"],
    "/admin/audit/verification": ["cursor"],
    "/admin/oauth-clients": ["limit", "cursor"],
    "/admin/roles": ["limit", "cursor"],
    "/admin/api-keys": ["limit", "cursor"],
    "/admin/jobs": ["limit", "cursor", "state"],
    "/admin/reports/funnel": ["since", "until"],
    "/admin/reports/tax": ["since", "until"],
    "/admin/reports/balances": ["until"],
    "/admin/webhook-endpoints/{endpoint_id}/deliveries": ["limit", "cursor", "state"],
    "/admin/webhook-events": ["limit", "cursor", "after"],
    "/admin/staff": ["limit", "cursor"],
    "/admin/customers": ["limit", "cursor"],
}


BODIES = {
    "Decision": [
        *("client_id", "agreed", "response_type", "redirect_uri", "scope", "state"),
        *("code_challenge", "code_challenge_method"),
    ],
    "Registration": ["email", "password", "name", "locale"],
    "EmailOnly": ["email"],
    "EmailAgreement": ["token", "password"],
    "Login": ["email", "password", "otp", "passkey"],
    "NewPasskey": ["name", "id", "client_data", "attestation_object", "transports"],
    "ShownPasskey": ["id", "client_data", "authenticator_data", "signature", "user_handle"],
    "RefreshToken": ["refresh_token"],
    "PasswordReset": ["token", "password", "remove_passkeys"],
    "ProofToken": ["token"],
    "NewClient": ["name", "scopes", "redirect_uris", "public"],
    "RedirectsOnly": ["redirect_uris"],
    "PasswordChange": ["current", "new"],
    "TotpCode": ["code"],
    "TotpRemoval": ["password", "code"],
    "ProfileUpdate": ["name", "locale", "mailings"],
    "EmailChangeRequest": ["email", "password"],
    "NewItem": ["variant_id", "sku", "quantity", "version"],
    "ItemQuantity": ["quantity", "version"],
    "CartUpdate": [
        *("currency", "email", "shipping_address", "billing_address", "shipping_method", "locale", "remind", "version"),
    ],
    "CouponCode": ["code"],
    "CheckOutCommand": [
        *("email", "shipping_address", "billing_address", "shipping_method", "locale", "payment", "expected_total"),
    ],
    "PaymentChoice": ["gateway", "method", "return_url", "save"],
    "Cancellation": ["reason"],
    "RoleContent": ["permissions", "description"],
    "NewColleague": ["email", "roles"],
    "RolesOnly": ["roles"],
    "CustomerSearch": ["email"],
    "NewEndpoint": ["url", "events", "description"],
    "EndpointChange": ["url", "events", "description", "is_on"],
    "ReplayWanted": ["after"],
    "NewApiKey": ["name", "permissions", "expires_in_days"],
    "Address": ["name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone"],
}


ANSWERS = {
    "SignedInShown": ["user", "access_token", "refresh_token", "token_type", "expires_in"],
    "TokensShown": ["access_token", "refresh_token", "token_type", "expires_in"],
    "TokensGiven": ["access_token", "expires_in", "scope", "token_type", "refresh_token"],
    "OAuthProblem": ["error", "error_description"],
    "UserShown": [
        "id",
        "email",
        "name",
        "locale",
        "email_verified",
        "has_password",
        "mfa_enabled",
        "mailings",
        "created_at",
    ],
    "TotpEnrolment": ["secret", "otpauth_uri"],
    "RecoveryCodes": ["recovery_codes"],
    "AddressShown": ["id", "name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone"],
    "ProductShown": [
        *("id", "slug", "title", "description", "brand", "status", "categories", "tags", "options", "attributes"),
        *("media", "variants", "price_range", "rating", "created_at", "updated_at", "version"),
    ],
    "VariantShown": [
        *("id", "sku", "title", "option_values", "price", "compare_at_price", "weight_grams", "availability"),
    ],
    "Availability": ["in_stock", "available"],
    "SearchPage": ["items", "next_cursor", "facets", "total"],
    "Total": ["value", "relation"],
    "CartShown": ["id", "token", "currency", "lines", "coupon_codes", "totals", "version"],
    "CartLineShown": [
        *("id", "variant_id", "sku", "title", "quantity", "unit_price", "line_total", "availability"),
    ],
    "Totals": ["subtotal", "discount", "shipping", "tax", "total"],
    "ShippingMethodShown": ["code", "title", "price"],
    "OrderPlaced": ["order", "order_token", "payment"],
    "PaymentShown": ["id", "gateway", "status", "client_secret", "next_action"],
    "OrderShown": [
        *("id", "number", "status", "payment_status", "email", "lines", "totals", "shipping_address"),
        *("billing_address", "fulfillments", "refunds", "timeline", "placed_at", "version"),
    ],
    "TimelineItem": ["at", "event"],
    "Explanation": ["steps", "total"],
    "Step": ["kind", "rule", "what", "amount", "text"],
    "Problem": ["type", "title", "status", "detail", "code", "errors", "correlation_id"],
    "FieldError": ["field", "code", "message"],
    "Money": ["amount", "currency"],
}


BY_MAIL = ("/auth/mfa/disown", "/auth/mfa/vouch")


FOR_CLIENTS = ("/oauth/token", "/oauth/revoke")


SIGNED_IN = (
    "/admin",
    "/me/",
    "/oauth/authorize",
    "/auth/logout",
    "/auth/sessions",
    "/auth/mfa",
    "/auth/password/change",
)
