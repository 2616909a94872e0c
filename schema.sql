-- The whole database as a fresh shop has it.
--
-- Money is whole minor units (`_minor`), shares are basis points (`_bp`), moments are UTC
-- milliseconds (`_at`), secrets are stored as SHA-256 only (`_hash`). Every table is STRICT and
-- belongs to the room its heading names: only that room's store files write it.
--
-- Tables that a checkout writes say `a = 'x' OR a = 'y' OR …` where others say `a IN (…)`: for a
-- list of more than two, SQLite builds a table of its own for every row that is written.

-- ── room: platform ──────────────────────────────────────────────────────────────────────────

-- Letters waiting to be sent or sent: written in the transaction of what caused them, with the
-- snapshot they are rendered from. At most one for each cause: `dedup_key` is UNIQUE. A letter sent
-- again by a person is a row of its own, `copy_of` the first, with `reason` and `actor`; both are
-- empty for letters that come by themselves. `answer` is what the mail server last said.
CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY,
  dedup_key   TEXT    NOT NULL UNIQUE,
  about       TEXT    NOT NULL DEFAULT '',
  sender      TEXT    NOT NULL,
  recipient   TEXT    NOT NULL,
  template    TEXT    NOT NULL,
  data        TEXT    NOT NULL,
  state       TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
  attempts    INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  next_at     INTEGER NOT NULL,
  tried_at    INTEGER,
  answer      TEXT,
  reason      TEXT    NOT NULL DEFAULT '',
  actor       TEXT    NOT NULL DEFAULT '',
  copy_of     INTEGER,
  created_at  INTEGER NOT NULL,
  sent_at     INTEGER,
  -- Since when nobody need look at it any more, though it never left.
  settled_at  INTEGER CHECK (settled_at IS NULL OR state = 'dead'),
  CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
  CHECK ((reason = '') = (actor = ''))
) STRICT;
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE state = 'sent';
CREATE INDEX outbox_state ON outbox (state);
CREATE INDEX outbox_template ON outbox (template);
CREATE INDEX outbox_state_template ON outbox (state, template);
CREATE INDEX outbox_recipient ON outbox (recipient COLLATE NOCASE);
CREATE INDEX outbox_about ON outbox (about) WHERE about <> '';
CREATE INDEX outbox_copy ON outbox (copy_of) WHERE copy_of IS NOT NULL;

-- Which programs of others hear of what: as the settings said when the shop was last opened.
CREATE TABLE hook_subscription (
  event    TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  PRIMARY KEY (event, endpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_subscription_endpoint ON hook_subscription (endpoint);

-- What they are told, written in the transaction of its cause; only what somebody wants to hear.
CREATE TABLE hook_event (
  id         TEXT    PRIMARY KEY,
  dedup_key  TEXT    NOT NULL UNIQUE,
  kind       TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_event_created ON hook_event (created_at);

-- Each event once for each endpoint. What is `about` the same thing is told in order.
CREATE TABLE hook_delivery (
  id         INTEGER PRIMARY KEY,
  event_id   TEXT    NOT NULL REFERENCES hook_event (id) ON DELETE CASCADE,
  endpoint   TEXT    NOT NULL,
  about      TEXT    NOT NULL,
  state      TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
  attempts   INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  replays    INTEGER NOT NULL DEFAULT 0 CHECK (replays >= 0),
  next_at    INTEGER NOT NULL,
  tried_at   INTEGER,
  status     INTEGER,
  answer     TEXT,
  created_at INTEGER NOT NULL,
  sent_at    INTEGER,
  UNIQUE (event_id, endpoint),
  CHECK ((state = 'sent') = (sent_at IS NOT NULL))
) STRICT;
CREATE INDEX hook_delivery_due ON hook_delivery (endpoint, next_at) WHERE state = 'waiting';
CREATE INDEX hook_delivery_turn ON hook_delivery (endpoint, about) WHERE state = 'waiting';
CREATE INDEX hook_delivery_state ON hook_delivery (state);
CREATE INDEX hook_delivery_endpoint ON hook_delivery (endpoint);
CREATE INDEX hook_delivery_endpoint_state ON hook_delivery (endpoint, state);

-- What went wrong, one row for each kind of it: faults, panics, jobs that failed, and what browsers
-- told. Nothing personal: texts are scrubbed before they come here. What comes again after it was
-- resolved is open again.
CREATE TABLE error_report (
  fingerprint TEXT    PRIMARY KEY,
  kind        TEXT    NOT NULL CHECK (kind IN ('fault', 'panic', 'job', 'browser', 'test')),
  title       TEXT    NOT NULL,
  place       TEXT    NOT NULL,
  count       INTEGER NOT NULL CHECK (count > 0),
  first_at    INTEGER NOT NULL,
  last_at     INTEGER NOT NULL,
  first_build TEXT    NOT NULL,
  last_build  TEXT    NOT NULL,
  status      INTEGER,
  request_id  TEXT,
  detail      TEXT    NOT NULL DEFAULT '',
  resolved_at INTEGER,
  resolved_by TEXT,
  CHECK ((resolved_at IS NULL) = (resolved_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX error_report_last ON error_report (last_at DESC, fingerprint DESC);
CREATE INDEX error_report_open ON error_report (last_at DESC, fingerprint DESC)
  WHERE resolved_at IS NULL;
CREATE INDEX error_report_kind ON error_report (kind, last_at DESC);

-- Backups: one that somebody waits for, those that were made and read back (`at` is the moment they
-- show; `why` names invariants that do not hold in them, else they are proved), and attempts that
-- failed, with the reason. The newest 200.
CREATE TABLE backup (
  id    INTEGER PRIMARY KEY,
  state TEXT    NOT NULL CHECK (state IN ('wanted', 'made', 'failed')),
  at    INTEGER NOT NULL,
  file  TEXT    NOT NULL DEFAULT '',
  bytes INTEGER NOT NULL DEFAULT 0,
  why   TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX backup_state ON backup (state, id);
CREATE UNIQUE INDEX backup_wanted ON backup (state) WHERE state = 'wanted';

-- ── room: identity ──────────────────────────────────────────────────────────────────────────

-- Browsers we know again: the cookie holds the token, we hold its hash. A session of staff names
-- its person in `subject`, and the browser and network it began in, so that they know it again.
CREATE TABLE session (
  token_hash   TEXT    PRIMARY KEY,
  kind         TEXT    NOT NULL CHECK (kind IN ('guest', 'staff')),
  subject      TEXT    REFERENCES staff (id),
  device       TEXT    NOT NULL DEFAULT '',
  network      TEXT    NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  CHECK ((kind = 'staff') = (subject IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_subject ON session (subject) WHERE subject IS NOT NULL;

-- People who run the shop. A person without a password has not followed the invitation yet. The
-- secret of the second factor is made from the shop's own secret and `totp_seed`, so that this
-- table alone does not tell it; `totp_step` is the last step whose code was used.
CREATE TABLE staff (
  id           TEXT    PRIMARY KEY,
  email        TEXT    NOT NULL,
  email_folded TEXT    NOT NULL UNIQUE,
  name         TEXT    NOT NULL,
  role         TEXT    NOT NULL CHECK (role IN ('owner', 'orders', 'catalog')),
  password     TEXT,
  totp_seed    TEXT,
  totp_step    INTEGER NOT NULL DEFAULT 0,
  is_active    INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
  created_at   INTEGER NOT NULL,
  signed_in_at INTEGER
) STRICT;

-- Links by which a person chooses a password, and recovery codes: each works once.
CREATE TABLE staff_key (
  key_hash   TEXT    PRIMARY KEY,
  kind       TEXT    NOT NULL CHECK (kind IN ('invitation', 'recovery')),
  staff_id   TEXT    NOT NULL REFERENCES staff (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_key_staff ON staff_key (staff_id, kind);

-- What people changed, with what was before and after. Nothing here is ever changed or removed.
CREATE TABLE audit (
  id        INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  actor     TEXT    NOT NULL,
  network   TEXT    NOT NULL DEFAULT '',
  action    TEXT    NOT NULL,
  entity    TEXT    NOT NULL,
  entity_id TEXT    NOT NULL,
  before    TEXT    NOT NULL DEFAULT 'null',
  after     TEXT    NOT NULL DEFAULT 'null'
) STRICT;
CREATE INDEX audit_entity ON audit (entity, entity_id, id);
CREATE INDEX audit_kind ON audit (entity, id);
CREATE INDEX audit_actor ON audit (actor, id);
CREATE TRIGGER audit_is_kept_u BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_is_kept_d BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

-- Filters of the desk's lists that people of the shop have kept under a name, as the query of an
-- address. Names that differ in capitals only are the same.
CREATE TABLE saved_view (
  list  TEXT NOT NULL CHECK (list IN ('orders', 'products')),
  name  TEXT NOT NULL COLLATE NOCASE,
  query TEXT NOT NULL,
  PRIMARY KEY (list, name)
) STRICT, WITHOUT ROWID;

-- ── room: stock ─────────────────────────────────────────────────────────────────────────────

-- Where goods lie. One row for now.
CREATE TABLE location (
  id    TEXT PRIMARY KEY,
  title TEXT NOT NULL
) STRICT;
INSERT INTO location (id, title) VALUES ('main', 'Main stock');

-- How many there are of each SKU. `held` is promised to open checkouts; it never exceeds
-- `on_hand`, so what is free is never negative.
CREATE TABLE stock_item (
  sku        TEXT    NOT NULL,
  location   TEXT    NOT NULL DEFAULT 'main' REFERENCES location (id),
  on_hand    INTEGER NOT NULL CHECK (on_hand >= 0),
  held       INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0 AND held <= on_hand),
  low        INTEGER NOT NULL DEFAULT 0 CHECK (low >= 0),
  version    INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (sku, location)
) STRICT;
CREATE INDEX stock_item_low ON stock_item (sku) WHERE on_hand <= held + low;

-- The ledger: every change of `on_hand`, and why. Nothing here is ever changed or removed.
CREATE TABLE stock_move (
  id            INTEGER PRIMARY KEY,
  sku           TEXT    NOT NULL,
  location      TEXT    NOT NULL DEFAULT 'main' REFERENCES location (id),
  delta         INTEGER NOT NULL,
  on_hand_after INTEGER NOT NULL CHECK (on_hand_after >= 0),
  reason        TEXT    NOT NULL CHECK (reason IN ('opening', 'receive', 'count', 'damage', 'sale',
                                                   'cancel', 'return', 'transfer', 'correction')),
  order_id      TEXT,
  note          TEXT,
  actor         TEXT    NOT NULL,
  at            INTEGER NOT NULL,
  CHECK (delta <> 0 OR reason = 'opening')
) STRICT;
CREATE INDEX stock_move_sku ON stock_move (sku, location);
CREATE INDEX stock_move_order ON stock_move (order_id) WHERE order_id IS NOT NULL;
CREATE TRIGGER stock_move_is_kept_u BEFORE UPDATE ON stock_move
BEGIN SELECT RAISE(ABORT, 'stock_move is append-only'); END;
CREATE TRIGGER stock_move_is_kept_d BEFORE DELETE ON stock_move
BEGIN SELECT RAISE(ABORT, 'stock_move is append-only'); END;

-- Stock promised to an order while it is being paid for.
CREATE TABLE hold (
  order_id   TEXT    NOT NULL,
  sku        TEXT    NOT NULL,
  location   TEXT    NOT NULL DEFAULT 'main' REFERENCES location (id),
  qty        INTEGER NOT NULL CHECK (qty > 0),
  state      TEXT    NOT NULL DEFAULT 'active' CHECK (state = 'active' OR state = 'sold'
                        OR state = 'released'),
  expires_at INTEGER NOT NULL,
  ended_why  TEXT,
  PRIMARY KEY (order_id, sku, location)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_active ON hold (expires_at) WHERE state = 'active';
CREATE INDEX hold_sku ON hold (sku, location) WHERE state = 'active';

-- SKUs that have fallen to their low mark: raised once at each crossing, cleared on restock.
CREATE TABLE stock_alert (
  id         INTEGER PRIMARY KEY,
  sku        TEXT    NOT NULL,
  kind       TEXT    NOT NULL CHECK (kind IN ('low', 'sold_out')),
  raised_at  INTEGER NOT NULL,
  cleared_at INTEGER
) STRICT;
CREATE UNIQUE INDEX stock_alert_open ON stock_alert (sku, kind) WHERE cleared_at IS NULL;

-- ── room: recommend ─────────────────────────────────────────────────────────────────────────

-- Everything here is made from paid orders: `kiosk recommend rebuild` makes it anew.

-- How far it has come: `orders` paid baskets are counted, and the lists say what the first
-- `ranked_orders` of them said. `ranking_after` is the last product ranked while ranking goes on;
-- `revision` counts how often some list has become another one, `is_changed` that one just has.
CREATE TABLE basket_tally (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  orders        INTEGER NOT NULL DEFAULT 0 CHECK (orders >= 0),
  ranked_orders INTEGER NOT NULL DEFAULT 0,
  ranked_at     INTEGER,
  ranking_after TEXT,
  is_changed    INTEGER NOT NULL DEFAULT 0 CHECK (is_changed IN (0, 1)),
  revision      INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO basket_tally (id) VALUES (1);

-- In how many of them each product was.
CREATE TABLE basket_product (
  product TEXT    PRIMARY KEY,
  orders  INTEGER NOT NULL CHECK (orders > 0)
) STRICT, WITHOUT ROWID;

-- In how many of them two products were together, noted from the side of each. `score` is there
-- while `other` is suggested beside `product`: the higher, the earlier.
CREATE TABLE copurchase (
  product TEXT    NOT NULL,
  other   TEXT    NOT NULL CHECK (other <> product),
  orders  INTEGER NOT NULL CHECK (orders > 0),
  score   INTEGER,
  PRIMARY KEY (product, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX copurchase_suggested ON copurchase (product, score DESC, other)
  WHERE score IS NOT NULL;

-- ── room: orders ────────────────────────────────────────────────────────────────────────────

-- The next order number.
CREATE TABLE order_sequence (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  next INTEGER NOT NULL
) STRICT;
INSERT INTO order_sequence (id, next) VALUES (1, 1001);

-- An order, with everything it was made from: later changes of the catalog never reach it. `seq` is
-- its number without the prefix, in the order in which orders were placed.
-- `refunded_minor` has gone back to the buyer, `refunding_minor` is on its way; `disputed` blocks
-- shipping; until `cancel_until` the buyer may cancel a paid order that has not left. `left_units`
-- have neither left nor been kept back; `packed_at` is when they were packed. `words` are what the
-- desk finds it by, and `found_by` adds where it stands.
CREATE TABLE orders (
  id                  TEXT    PRIMARY KEY,
  seq                 INTEGER NOT NULL UNIQUE,
  number              TEXT    NOT NULL UNIQUE,
  token_hash          TEXT    NOT NULL UNIQUE,
  cart_id             TEXT,
  idempotency_key     TEXT    NOT NULL UNIQUE,
  email               TEXT    NOT NULL,
  email_folded        TEXT    NOT NULL,
  payment_status      TEXT    NOT NULL CHECK (payment_status = 'pending'
                        OR payment_status = 'processing' OR payment_status = 'paid'
                        OR payment_status = 'failed' OR payment_status = 'expired'
                        OR payment_status = 'cancelled' OR payment_status = 'part_refunded'
                        OR payment_status = 'refunded'),
  fulfilment_status   TEXT    NOT NULL DEFAULT 'unfulfilled' CHECK (
                        fulfilment_status = 'unfulfilled' OR fulfilment_status = 'part_shipped'
                        OR fulfilment_status = 'shipped' OR fulfilment_status = 'delivered'
                        OR fulfilment_status = 'returned'),
  currency            TEXT    NOT NULL,
  items_minor         INTEGER NOT NULL CHECK (items_minor >= 0),
  discount_minor      INTEGER NOT NULL CHECK (discount_minor >= 0),
  delivery_minor      INTEGER NOT NULL CHECK (delivery_minor >= 0),
  tax_minor           INTEGER NOT NULL CHECK (tax_minor >= 0),
  tax_included        INTEGER NOT NULL CHECK (tax_included IN (0, 1)),
  total_minor         INTEGER NOT NULL CHECK (total_minor >= 0),
  revision            TEXT    NOT NULL,
  name                TEXT    NOT NULL,
  phone               TEXT    NOT NULL DEFAULT '',
  line1               TEXT    NOT NULL,
  line2               TEXT    NOT NULL DEFAULT '',
  city                TEXT    NOT NULL,
  postcode            TEXT    NOT NULL,
  country             TEXT    NOT NULL,
  note                TEXT    NOT NULL DEFAULT '',
  delivery_title      TEXT    NOT NULL,
  delivery_from       TEXT,
  delivery_to         TEXT,
  attention           TEXT,
  refunded_minor      INTEGER NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
  refunding_minor     INTEGER NOT NULL DEFAULT 0 CHECK (refunding_minor >= 0),
  -- Complaints at the bank: undecided, lost, and of the lost ones those a person has dealt with.
  disputes_open       INTEGER NOT NULL DEFAULT 0 CHECK (disputes_open >= 0),
  disputes_lost       INTEGER NOT NULL DEFAULT 0 CHECK (disputes_lost >= 0),
  disputes_settled    INTEGER NOT NULL DEFAULT 0
                        CHECK (disputes_settled BETWEEN 0 AND disputes_lost),
  disputed            INTEGER NOT NULL
                        AS (disputes_open > 0 OR disputes_lost > disputes_settled),
  cancel_until        INTEGER,
  hold_expires_at     INTEGER NOT NULL,
  placed_at           INTEGER NOT NULL,
  paid_at             INTEGER,
  shipped_at          INTEGER,
  delivered_at        INTEGER,
  closed_at           INTEGER,
  version             INTEGER NOT NULL DEFAULT 1,
  left_units          INTEGER NOT NULL CHECK (left_units >= 0),
  packed_at           INTEGER,
  words               TEXT    NOT NULL,
  found_by            TEXT    AS (
    words || ' p_' || payment_status || ' f_' || fulfilment_status
    || CASE WHEN payment_status IN ('paid', 'part_refunded') AND left_units > 0
            AND (refunding_minor = 0 OR refunded_minor + refunding_minor < total_minor)
            AND NOT disputed
       THEN iif(packed_at IS NULL, ' v_pack', ' v_ship') ELSE '' END
    || iif(payment_status IN ('pending', 'processing'), ' v_unpaid', '')
    || iif(attention IS NOT NULL, ' v_attention', '')
    || iif(disputed, ' v_disputed', '')
    || iif(payment_status IN ('part_refunded', 'refunded') OR refunding_minor > 0,
           ' v_refunded', '')
  ),
  pricing_input       TEXT    NOT NULL,
  quote               TEXT    NOT NULL,
  CHECK (total_minor = items_minor - discount_minor + delivery_minor
         + CASE tax_included WHEN 1 THEN 0 ELSE tax_minor END),
  CHECK (paid_at IS NOT NULL OR payment_status <> 'paid' AND payment_status <> 'part_refunded'
                              AND payment_status <> 'refunded'),
  CHECK (refunded_minor + refunding_minor <= total_minor)
) STRICT;
CREATE INDEX orders_by_status ON orders (payment_status, placed_at DESC);
CREATE INDEX orders_by_state ON orders (payment_status, fulfilment_status, placed_at);
CREATE INDEX orders_by_time ON orders (placed_at DESC);
CREATE INDEX orders_by_cart ON orders (cart_id, placed_at DESC) WHERE cart_id IS NOT NULL;
CREATE INDEX orders_by_email ON orders (email_folded, placed_at DESC);
CREATE INDEX orders_paid ON orders (currency, paid_at, total_minor) WHERE paid_at IS NOT NULL;
CREATE INDEX orders_to_ship ON orders (paid_at)
  WHERE payment_status IN ('paid', 'part_refunded') AND left_units > 0;
CREATE INDEX orders_attention ON orders (placed_at) WHERE attention IS NOT NULL;

-- Where the desk looks orders up, by `seq`: words of number, buyer and goods, and where each stands.
-- It keeps no texts, and follows `found_by` in the transaction that changes it. What each commit
-- adds is merged by a job, a few pages at once: merged inside commits, as SQLite would, it holds up
-- checkouts the longer the more orders there are.
CREATE VIRTUAL TABLE order_search USING fts5 (
  words, content = '', contentless_delete = 1, detail = none, prefix = '4 5',
  tokenize = "ascii tokenchars '_'"
);
INSERT INTO order_search (order_search, rank)
VALUES ('automerge', 0), ('usermerge', 8), ('crisismerge', 1000);
CREATE TRIGGER orders_are_found_i AFTER INSERT ON orders
BEGIN INSERT INTO order_search (rowid, words) VALUES (new.seq, new.found_by); END;
CREATE TRIGGER orders_are_found_u AFTER UPDATE ON orders WHEN new.found_by <> old.found_by
BEGIN INSERT OR REPLACE INTO order_search (rowid, words) VALUES (new.seq, new.found_by); END;

-- Lines of an order as they were bought; parts of a bundle name their bundle's line. `kept_qty`
-- units stay here: their money went back before they left.
CREATE TABLE order_item (
  order_id       TEXT    NOT NULL REFERENCES orders (id),
  position       INTEGER NOT NULL,
  parent         INTEGER,
  kind           TEXT    NOT NULL CHECK (kind = 'product' OR kind = 'bundle' OR kind = 'part'),
  ref            TEXT    NOT NULL,
  title          TEXT    NOT NULL,
  options        TEXT    NOT NULL DEFAULT '',
  tier           TEXT    NOT NULL DEFAULT '',
  qty            INTEGER NOT NULL CHECK (qty > 0),
  kept_qty       INTEGER NOT NULL DEFAULT 0 CHECK (kept_qty BETWEEN 0 AND qty),
  unit_minor     INTEGER NOT NULL CHECK (unit_minor >= 0),
  gross_minor    INTEGER NOT NULL,
  discount_minor INTEGER NOT NULL,
  net_minor      INTEGER NOT NULL CHECK (net_minor >= 0),
  tax_minor      INTEGER NOT NULL,
  tax_bp         INTEGER NOT NULL,
  image          TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (order_id, position),
  CHECK (gross_minor - discount_minor = net_minor)
) STRICT, WITHOUT ROWID;

-- Named discounts of an order, as shares of its lines.
CREATE TABLE order_adjustment (
  id           INTEGER PRIMARY KEY,
  order_id     TEXT    NOT NULL REFERENCES orders (id),
  position     INTEGER,
  source       TEXT    NOT NULL CHECK (source = 'bundle' OR source = 'promotion'
                        OR source = 'shipping'),
  ref          TEXT    NOT NULL,
  label        TEXT    NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0)
) STRICT;
CREATE INDEX order_adjustment_order ON order_adjustment (order_id);

-- What happened to an order, when, and by whom.
CREATE TABLE order_event (
  id       INTEGER PRIMARY KEY,
  order_id TEXT    NOT NULL REFERENCES orders (id),
  at       INTEGER NOT NULL,
  actor    TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  data     TEXT    NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX order_event_order ON order_event (order_id);
CREATE TRIGGER order_event_is_kept_u BEFORE UPDATE ON order_event
BEGIN SELECT RAISE(ABORT, 'order_event is append-only'); END;
CREATE TRIGGER order_event_is_kept_d BEFORE DELETE ON order_event
BEGIN SELECT RAISE(ABORT, 'order_event is append-only'); END;

-- Parcels of an order, counted from 1. Carrier and number are empty when nobody said them.
CREATE TABLE fulfilment (
  order_id        TEXT    NOT NULL REFERENCES orders (id),
  parcel          INTEGER NOT NULL CHECK (parcel >= 1),
  carrier         TEXT    NOT NULL,
  tracking_number TEXT    NOT NULL,
  tracking_url    TEXT    NOT NULL,
  shipped_at      INTEGER NOT NULL,
  delivered_at    INTEGER,
  PRIMARY KEY (order_id, parcel)
) STRICT, WITHOUT ROWID;

-- What is in a parcel: units of the order's lines. A bundle's parts travel, its own line does not.
CREATE TABLE fulfilment_item (
  order_id TEXT    NOT NULL,
  parcel   INTEGER NOT NULL,
  position INTEGER NOT NULL,
  qty      INTEGER NOT NULL CHECK (qty > 0),
  PRIMARY KEY (order_id, parcel, position),
  FOREIGN KEY (order_id, parcel) REFERENCES fulfilment (order_id, parcel),
  FOREIGN KEY (order_id, position) REFERENCES order_item (order_id, position)
) STRICT, WITHOUT ROWID;

-- Uses of promotions with a limit: held with the order, used once it is paid.
CREATE TABLE promotion_claim (
  promotion    TEXT NOT NULL,
  order_id     TEXT NOT NULL REFERENCES orders (id),
  customer_key TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state = 'held' OR state = 'used' OR state = 'released'),
  limit_total        INTEGER,
  limit_per_customer INTEGER,
  is_beyond          INTEGER NOT NULL DEFAULT 0 CHECK (is_beyond IN (0, 1)),
  PRIMARY KEY (promotion, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX promotion_claim_customer ON promotion_claim (promotion, customer_key)
  WHERE state <> 'released';
CREATE INDEX promotion_claim_order ON promotion_claim (order_id);

-- Which letters somebody wants beside those they must hear, by folded e-mail address; who is not
-- here wants all.
CREATE TABLE letter_choice (
  email_folded TEXT    PRIMARY KEY,
  shipping     INTEGER NOT NULL CHECK (shipping IN (0, 1)),
  suggestions  INTEGER NOT NULL CHECK (suggestions IN (0, 1)),
  changed_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ── room: cart ──────────────────────────────────────────────────────────────────────────────

-- What a visitor has put aside. `units` and `value_minor` are the sums of its lines, at the prices
-- their visitor saw.
CREATE TABLE cart (
  id             TEXT    PRIMARY KEY,
  token_hash     TEXT    NOT NULL,
  status         TEXT    NOT NULL DEFAULT 'active' CHECK (status = 'active' OR status = 'ordered'
                        OR status = 'expired'),
  version        INTEGER NOT NULL DEFAULT 1,
  country        TEXT    NOT NULL,
  rate           TEXT,
  codes          TEXT    NOT NULL DEFAULT '[]',
  units          INTEGER NOT NULL DEFAULT 0,
  value_minor    INTEGER NOT NULL DEFAULT 0,
  created_at     INTEGER NOT NULL,
  last_change_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX cart_of_token ON cart (token_hash) WHERE status = 'active';
CREATE INDEX cart_session ON cart (token_hash);
CREATE INDEX cart_idle ON cart (last_change_at) WHERE status = 'active';
CREATE INDEX cart_filled ON cart (last_change_at, value_minor)
  WHERE status = 'active' AND units > 0;

-- Lines, with the price their visitor saw when they were last told.
CREATE TABLE cart_line (
  id              TEXT    PRIMARY KEY,
  cart_id         TEXT    NOT NULL REFERENCES cart (id) ON DELETE CASCADE,
  position        INTEGER NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('sku', 'bundle')),
  ref             TEXT    NOT NULL,
  qty             INTEGER NOT NULL CHECK (qty BETWEEN 1 AND 999),
  seen_unit_minor INTEGER NOT NULL CHECK (seen_unit_minor >= 0),
  UNIQUE (cart_id, kind, ref)
) STRICT;

-- What happened to a cart.
CREATE TABLE cart_event (
  id      INTEGER PRIMARY KEY,
  cart_id TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  data    TEXT    NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX cart_event_cart ON cart_event (cart_id);

-- ── room: payments ──────────────────────────────────────────────────────────────────────────

-- Attempts to be paid. A row is `wanted` before the provider is called, with the exact request
-- frozen beside its idempotency key, so that a repeated call is the same call. `closing` is an
-- attempt that another one overtook: its page is still to be closed. `review` is money that came
-- too late, twice or in another amount: it goes back, or a person must look at it. `returned` is
-- such money after it went back.
CREATE TABLE payment (
  id                  TEXT    PRIMARY KEY,
  order_id            TEXT    NOT NULL,
  attempt             INTEGER NOT NULL CHECK (attempt >= 1),
  provider            TEXT    NOT NULL,
  mode                TEXT    NOT NULL CHECK (mode = 'live' OR mode = 'test' OR mode = 'simulator'),
  state               TEXT    NOT NULL CHECK (state = 'wanted' OR state = 'open'
                        OR state = 'processing' OR state = 'paid' OR state = 'failed'
                        OR state = 'expired' OR state = 'closing' OR state = 'review'
                        OR state = 'returned'),
  idempotency_key     TEXT    NOT NULL UNIQUE,
  request             TEXT    NOT NULL,
  amount_minor        INTEGER NOT NULL CHECK (amount_minor >= 0),
  currency            TEXT    NOT NULL,
  received_minor      INTEGER,
  session_id          TEXT    UNIQUE,
  session_url         TEXT,
  session_expires_at  INTEGER,
  provider_payment_id TEXT,
  lapse_at            INTEGER NOT NULL,
  look_at             INTEGER NOT NULL,
  looks               INTEGER NOT NULL DEFAULT 0,
  given_up_by         TEXT,
  error               TEXT,
  created_at          INTEGER NOT NULL,
  ended_at            INTEGER,
  CHECK (state <> 'paid' OR received_minor = amount_minor)
) STRICT;
CREATE UNIQUE INDEX payment_one_alive ON payment (order_id)
  WHERE state = 'wanted' OR state = 'open' OR state = 'processing' OR state = 'paid';
CREATE UNIQUE INDEX payment_provider_id ON payment (provider, provider_payment_id)
  WHERE provider_payment_id IS NOT NULL;
CREATE INDEX payment_look ON payment (look_at)
  WHERE state = 'wanted' OR state = 'open' OR state = 'processing' OR state = 'closing'
     OR state = 'review';
CREATE INDEX payment_order ON payment (order_id);
CREATE INDEX payment_received ON payment (ended_at) WHERE state = 'paid';

-- Money on its way back, written down before anybody is asked to send it. `origin` is who made
-- it: the shop, the provider's own dashboard, or a person by other means. The provider is called
-- with `idempotency_key`, and a new one is taken only when a look at the provider's books has
-- shown that the old one brought nothing.
CREATE TABLE refund (
  id                 TEXT    PRIMARY KEY,
  order_id           TEXT    NOT NULL,
  payment_id         TEXT    NOT NULL REFERENCES payment (id),
  origin             TEXT    NOT NULL CHECK (origin IN ('shop', 'provider', 'hand')),
  state              TEXT    NOT NULL CHECK (state IN ('wanted', 'pending', 'succeeded',
                                                       'failed')),
  idempotency_key    TEXT    NOT NULL UNIQUE,
  provider_refund_id TEXT    UNIQUE,
  amount_minor       INTEGER NOT NULL CHECK (amount_minor > 0 OR origin = 'hand'
                                             AND amount_minor = 0),
  currency           TEXT    NOT NULL,
  delivery_minor     INTEGER NOT NULL DEFAULT 0 CHECK (delivery_minor >= 0),
  late               INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
  reason             TEXT    NOT NULL,
  actor              TEXT    NOT NULL,
  error              TEXT,
  key_at             INTEGER NOT NULL,
  broke_at           INTEGER,
  look_at            INTEGER NOT NULL,
  looks              INTEGER NOT NULL DEFAULT 0,
  denials            INTEGER NOT NULL DEFAULT 0,
  created_at         INTEGER NOT NULL,
  ended_at           INTEGER,
  CHECK ((state IN ('succeeded', 'failed')) = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX refund_look ON refund (look_at) WHERE state IN ('wanted', 'pending');
CREATE INDEX refund_order ON refund (order_id);
CREATE INDEX refund_payment ON refund (payment_id);
CREATE INDEX refund_gone ON refund (currency, ended_at, amount_minor)
  WHERE state = 'succeeded' AND late = 0;

-- Which lines a refund pays back: units, and their exact share of what was paid for the line.
CREATE TABLE refund_item (
  refund_id    TEXT    NOT NULL REFERENCES refund (id),
  position     INTEGER NOT NULL,
  qty          INTEGER NOT NULL CHECK (qty > 0),
  amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
  PRIMARY KEY (refund_id, position)
) STRICT, WITHOUT ROWID;

-- Goods put back on the shelf with a refund, by the name they were sold under.
CREATE TABLE refund_restock (
  refund_id TEXT    NOT NULL REFERENCES refund (id),
  sku       TEXT    NOT NULL,
  qty       INTEGER NOT NULL CHECK (qty > 0),
  PRIMARY KEY (refund_id, sku)
) STRICT, WITHOUT ROWID;

-- Payments whose buyer complained at the bank, as the provider had them when last asked.
CREATE TABLE dispute (
  id           TEXT    PRIMARY KEY,
  order_id     TEXT    NOT NULL,
  payment_id   TEXT    NOT NULL REFERENCES payment (id),
  amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
  currency     TEXT    NOT NULL,
  status       TEXT    NOT NULL CHECK (status IN ('inquiry', 'needs_response', 'under_review',
                                                  'won', 'lost')),
  reason       TEXT    NOT NULL,
  due_at       INTEGER,
  opened_at    INTEGER NOT NULL,
  changed_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX dispute_order ON dispute (order_id);

-- The inbox: every event a provider told us (or the reconciler fetched), kept as it came.
CREATE TABLE webhook_event (
  provider    TEXT    NOT NULL,
  event_id    TEXT    NOT NULL,
  type        TEXT    NOT NULL,
  object_id   TEXT    NOT NULL DEFAULT '',
  order_id    TEXT,
  payload     TEXT    NOT NULL,
  source      TEXT    NOT NULL CHECK (source IN ('webhook', 'reconciler')),
  received_at INTEGER NOT NULL,
  state       TEXT    NOT NULL CHECK (state IN ('new', 'done', 'retry', 'dead', 'ignored')),
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_at     INTEGER NOT NULL,
  last_error  TEXT,
  duplicates  INTEGER NOT NULL DEFAULT 0,
  applied_at  INTEGER,
  awaits      TEXT, -- the payment an ignored event is about: tried again should it become known
  PRIMARY KEY (provider, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_event_awaits ON webhook_event (awaits) WHERE awaits IS NOT NULL;
CREATE INDEX webhook_event_due ON webhook_event (next_at) WHERE state IN ('new', 'retry');
CREATE INDEX webhook_event_state ON webhook_event (state, received_at, source);
CREATE INDEX webhook_event_raw ON webhook_event (received_at)
  WHERE state = 'done' AND payload <> '';
CREATE INDEX webhook_event_decline ON webhook_event (received_at)
  WHERE type = 'payment_intent.payment_failed';
CREATE INDEX webhook_event_order ON webhook_event (order_id, received_at)
  WHERE order_id IS NOT NULL;

-- Every call to a provider: what, with which key, how it went.
CREATE TABLE provider_call (
  id              INTEGER PRIMARY KEY,
  provider        TEXT    NOT NULL,
  operation       TEXT    NOT NULL,
  idempotency_key TEXT,
  outcome         TEXT    NOT NULL,
  took_ms         INTEGER NOT NULL,
  at              INTEGER NOT NULL
) STRICT;
CREATE INDEX provider_call_at ON provider_call (at);

-- Days whose payments were compared with the provider's books. `differences` is a list; empty when
-- the two agree. What a person asks for besides is no night's own: the night goes on from the last
-- day of its own.
CREATE TABLE statement (
  day         TEXT    PRIMARY KEY,
  from_at     INTEGER NOT NULL,
  until_at    INTEGER NOT NULL,
  taken_at    INTEGER NOT NULL,
  provider    TEXT    NOT NULL,
  theirs      INTEGER NOT NULL,
  ours        INTEGER NOT NULL,
  differences TEXT    NOT NULL DEFAULT '[]',
  by_hand     INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The simulator's own memory: it plays the provider, so the shop never reads these rows.
CREATE TABLE simulator_session (
  id              TEXT    PRIMARY KEY,
  idempotency_key TEXT    NOT NULL UNIQUE,
  request         TEXT    NOT NULL,
  status          TEXT    NOT NULL CHECK (status = 'open' OR status = 'complete'
                        OR status = 'expired'),
  payment_status  TEXT    NOT NULL CHECK (payment_status = 'unpaid' OR payment_status = 'paid'
                        OR payment_status = 'failed'),
  payment_id      TEXT    UNIQUE,
  outcome         TEXT    CHECK (outcome IN ('paid', 'failed')),
  settles_at      INTEGER,
  paid_at         INTEGER,
  refunds         TEXT    NOT NULL DEFAULT 'succeed'
                          CHECK (refunds = 'succeed' OR refunds = 'succeed_later'
                        OR refunds = 'fail_later'),
  expires_at      INTEGER NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX simulator_session_paid ON simulator_session (paid_at) WHERE paid_at IS NOT NULL;
CREATE INDEX simulator_session_open ON simulator_session (expires_at) WHERE status = 'open';

-- Money the simulator sent back, by the shop's wish (then with its key) or from its own page. One
-- that has not settled yet is pending.
CREATE TABLE simulator_refund (
  id              TEXT    PRIMARY KEY,
  idempotency_key TEXT    UNIQUE,
  payment_id      TEXT    NOT NULL REFERENCES simulator_session (payment_id),
  amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
  refund          TEXT,
  outcome         TEXT    NOT NULL CHECK (outcome IN ('succeeded', 'failed')),
  settles_at      INTEGER NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX simulator_refund_payment ON simulator_refund (payment_id);

-- Payments a buyer complained about to the simulator's bank.
CREATE TABLE simulator_dispute (
  id         TEXT    PRIMARY KEY,
  payment_id TEXT    NOT NULL UNIQUE REFERENCES simulator_session (payment_id),
  status     TEXT    NOT NULL CHECK (status IN ('needs_response', 'under_review', 'won', 'lost')),
  due_at     INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Webhooks the simulator owes: each is posted to the shop's public endpoint until answered.
CREATE TABLE simulator_delivery (
  id       INTEGER PRIMARY KEY,
  payload  TEXT    NOT NULL,
  forged   INTEGER NOT NULL DEFAULT 0 CHECK (forged IN (0, 1)),
  due_at   INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  state    TEXT    NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'given_up'))
) STRICT;
CREATE INDEX simulator_delivery_due ON simulator_delivery (due_at) WHERE state = 'due';

-- ── room: checkout ──────────────────────────────────────────────────────────────────────────

-- Where the newest attempt at an order came from, so that declined cards count against that place:
-- network and e-mail address as keyed hashes that can be compared, not read. Kept for two days.
CREATE TABLE checkout_origin (
  order_id TEXT    PRIMARY KEY,
  source   TEXT    NOT NULL,
  cart     TEXT    NOT NULL DEFAULT '',
  email    TEXT    NOT NULL,
  at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX checkout_origin_at ON checkout_origin (at);

-- Episodes of card testing: the merchant gets one letter for each. `declines` is the most seen
-- within ten minutes.
CREATE TABLE card_testing (
  id       INTEGER PRIMARY KEY,
  began_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  declines INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX card_testing_now ON card_testing (ended_at IS NULL) WHERE ended_at IS NULL;

-- ── room: reports ───────────────────────────────────────────────────────────────────────────

-- What each product and bundle brought on each day of the shop's calendar, less what went back
-- that day. Derived: a job counts a day again when its mark is no longer true, so the rows may be
-- thrown away at any time.
CREATE TABLE product_sales (
  day       TEXT    NOT NULL,
  currency  TEXT    NOT NULL,
  kind      TEXT    NOT NULL CHECK (kind IN ('product', 'bundle')),
  ref       TEXT    NOT NULL,
  title     TEXT    NOT NULL,
  units     INTEGER NOT NULL,
  net_minor INTEGER NOT NULL,
  PRIMARY KEY (day, currency, kind, ref)
) STRICT, WITHOUT ROWID;

-- Days that are counted, and what they were counted from.
CREATE TABLE counted_day (
  day  TEXT PRIMARY KEY,
  mark TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- ── room: storefront ────────────────────────────────────────────────────────────────────────

-- Prices as buyers were shown them, each from `since` until the next of its SKU: the lowest one of
-- the thirty days before a reduction must stand beside it. `is_reduced`: shown as a reduction.
CREATE TABLE price_shown (
  sku         TEXT    NOT NULL,
  currency    TEXT    NOT NULL,
  since       INTEGER NOT NULL,
  price_minor INTEGER NOT NULL CHECK (price_minor >= 0),
  is_reduced  INTEGER NOT NULL CHECK (is_reduced IN (0, 1)),
  PRIMARY KEY (sku, currency, since)
) STRICT, WITHOUT ROWID;

-- Addresses of goods that had a page and have none any more: they are answered 410.
CREATE TABLE gone_page (
  path    TEXT    PRIMARY KEY,
  gone_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ── room: admin ─────────────────────────────────────────────────────────────────────────────

-- Troubles of the machinery that the merchant was told of and that last. One that has been away for
-- a while is forgotten, so that it is told again when it comes back; `count` is what they know of.
CREATE TABLE alarm (
  cause   TEXT    PRIMARY KEY,
  count   INTEGER NOT NULL CHECK (count > 0),
  told_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
