-- The catalogue and the merchant's price rules. Times are microseconds since the epoch; a body is msgspec's JSON.

CREATE TABLE products (
    number INTEGER PRIMARY KEY, -- the full-text index knows rows by integers only
    id TEXT NOT NULL UNIQUE,
    slug TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'archived')),
    title_key TEXT NOT NULL, -- without case and accents: what the listing by name sorts by
    brand TEXT,
    created_at INTEGER NOT NULL,
    rating_average INTEGER NOT NULL DEFAULT 0 CHECK (rating_average BETWEEN 0 AND 500), -- hundredths of a star
    rating_count INTEGER NOT NULL DEFAULT 0 CHECK (rating_count >= 0),
    version INTEGER NOT NULL CHECK (version >= 1),
    body BLOB NOT NULL
) STRICT;

-- Partial: buyers see active products only, and an old shop has many others.
CREATE INDEX products_by_newest ON products (created_at, id) WHERE status = 'active';
CREATE INDEX products_by_name ON products (title_key, id) WHERE status = 'active';
CREATE INDEX products_by_rating ON products (rating_average, rating_count, id) WHERE status = 'active';
CREATE INDEX products_by_brand ON products (brand, created_at, id) WHERE status = 'active';

CREATE TABLE variants (
    id TEXT PRIMARY KEY,
    sku TEXT NOT NULL UNIQUE,
    product INTEGER NOT NULL REFERENCES products (number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX variants_by_product ON variants (product, sku);

-- The cheapest and the dearest variant in each currency. `id` and `active` repeat the product's, so that a page by
-- price is read from one index.
CREATE TABLE product_prices (
    product INTEGER NOT NULL REFERENCES products (number) ON DELETE CASCADE,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    id TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    lowest INTEGER NOT NULL CHECK (lowest >= 0),
    highest INTEGER NOT NULL CHECK (highest >= lowest),
    PRIMARY KEY (product, currency)
) STRICT, WITHOUT ROWID;

CREATE INDEX product_prices_by_lowest ON product_prices (currency, lowest, id) WHERE active = 1;
CREATE INDEX product_prices_by_highest ON product_prices (currency, highest, id) WHERE active = 1;

CREATE TABLE product_tags (
    product INTEGER NOT NULL REFERENCES products (number) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (product, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX product_tags_by_tag ON product_tags (tag, product);

CREATE TABLE categories (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    parent_id TEXT REFERENCES categories (id),
    position INTEGER NOT NULL,
    CONSTRAINT parent_is_another CHECK (parent_id <> id)
) STRICT, WITHOUT ROWID;

CREATE INDEX categories_by_parent ON categories (parent_id);

CREATE TABLE product_categories (
    product INTEGER NOT NULL REFERENCES products (number) ON DELETE CASCADE,
    category_id TEXT NOT NULL REFERENCES categories (id),
    PRIMARY KEY (product, category_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX product_categories_by_category ON product_categories (category_id, product);

-- Active products only, so that what cannot be bought does not weigh on the ranking of what can.
CREATE VIRTUAL TABLE product_search USING fts5 (
    title, brand, tags, sku, description,
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3'
);

CREATE TABLE catalog_revision (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO catalog_revision VALUES (1, 1);

CREATE TRIGGER product_added AFTER INSERT ON products BEGIN
    UPDATE catalog_revision SET revision = revision + 1;
END;

CREATE TRIGGER product_changed AFTER UPDATE ON products BEGIN
    UPDATE catalog_revision SET revision = revision + 1;
END;

CREATE TRIGGER product_removed AFTER DELETE ON products BEGIN
    UPDATE catalog_revision SET revision = revision + 1;
END;

CREATE TRIGGER category_added AFTER INSERT ON categories BEGIN
    UPDATE catalog_revision SET revision = revision + 1;
END;

CREATE TRIGGER category_changed AFTER UPDATE ON categories BEGIN
    UPDATE catalog_revision SET revision = revision + 1;
END;

CREATE TRIGGER category_removed AFTER DELETE ON categories BEGIN
    UPDATE catalog_revision SET revision = revision + 1;
END;

CREATE TABLE shipping_methods (
    code TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What a new shop starts with: one free method, in every currency of ISO 4217 that the kernel knows. It is written
-- here, with the schema, and not by a step of its own, so that it happens exactly once: a merchant who removes it
-- does not find it back after the next start.
INSERT INTO shipping_methods (code, position, body)
SELECT
    'standard',
    0,
    CAST(json_object(
        'code', 'standard',
        'title', 'Standard',
        'kind', 'flat',
        'rates', json_group_object(value, json('{"tiers":[{"price":0}]}'))
    ) AS BLOB)
FROM json_each('[
    "AED","AFN","ALL","AMD","AOA","ARS","AUD","AWG","AZN","BAM","BBD","BDT","BHD","BIF","BMD",
    "BND","BOB","BRL","BSD","BTN","BWP","BYN","BZD","CAD","CDF","CHF","CLP","CNY","COP","CRC",
    "CUP","CVE","CZK","DJF","DKK","DOP","DZD","EGP","ERN","ETB","EUR","FJD","FKP","GBP","GEL",
    "GHS","GIP","GMD","GNF","GTQ","GYD","HKD","HNL","HTG","HUF","IDR","ILS","INR","IQD","IRR",
    "ISK","JMD","JOD","JPY","KES","KGS","KHR","KMF","KPW","KRW","KWD","KYD","KZT","LAK","LBP",
    "LKR","LRD","LSL","LYD","MAD","MDL","MGA","MKD","MMK","MNT","MOP","MRU","MUR","MVR","MWK",
    "MXN","MYR","MZN","NAD","NGN","NIO","NOK","NPR","NZD","OMR","PAB","PEN","PGK","PHP","PKR",
    "PLN","PYG","QAR","RON","RSD","RUB","RWF","SAR","SBD","SCR","SDG","SEK","SGD","SHP","SLE",
    "SOS","SRD","SSP","STN","SVC","SYP","SZL","THB","TJS","TMT","TND","TOP","TRY","TTD","TWD",
    "TZS","UAH","UGX","USD","UYU","UZS","VED","VES","VND","VUV","WST","XAF","XCD","XCG","XOF",
    "XPF","YER","ZAR","ZMW","ZWG"
]');

CREATE TABLE tax_rates (
    id TEXT PRIMARY KEY,
    country TEXT NOT NULL,
    region TEXT,
    name TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- `used` counts the rows of coupon_redemptions; the triggers below are the only ones who write it.
CREATE TABLE coupons (
    code TEXT PRIMARY KEY,
    usage_limit INTEGER,
    per_customer_limit INTEGER,
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE coupon_redemptions (
    order_id TEXT NOT NULL,
    code TEXT NOT NULL REFERENCES coupons (code),
    customer TEXT NOT NULL, -- blind index of the e-mail address
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, code)
) STRICT, WITHOUT ROWID;

CREATE INDEX coupon_redemptions_by_customer ON coupon_redemptions (code, customer);

CREATE TRIGGER coupon_redeemed AFTER INSERT ON coupon_redemptions BEGIN
    UPDATE coupons SET used = used + 1 WHERE code = NEW.code;
END;

CREATE TRIGGER coupon_given_back AFTER DELETE ON coupon_redemptions BEGIN
    UPDATE coupons SET used = used - 1 WHERE code = OLD.code;
END;
