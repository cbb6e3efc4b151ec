-- Who was signed in when a coupon was used: their limit holds whatever address they type. Nobody, before this.

ALTER TABLE coupon_redemptions ADD COLUMN customer_id TEXT;

CREATE INDEX coupon_redemptions_by_account ON coupon_redemptions (code, customer_id) WHERE customer_id IS NOT NULL;
