-- A cashier's own till in a market: the series and last number of the receipts given there, and the shift under way. Each sale
-- locks its cashier's row and no other, so cashiers do not wait for each other and a number taken back leaves no gap.
create table till (
  market_id uuid not null references market,
  operator_id uuid not null,
  series integer not null check (series > 0),
  last_number bigint not null default 0,
  shift_id uuid,
  primary key (market_id, operator_id),
  unique (market_id, series)
);

-- One row a market: how many series were given out, and the last day that is closed.
create table counter_book (
  market_id uuid not null references market,
  last_series integer not null default 0,
  closed_day date,
  primary key (market_id)
);

-- expected_fen, counted_fen and what was taken are written at the close and stand from then on.
create table shift (
  market_id uuid not null,
  shift_id uuid not null,
  operator_id uuid not null,
  opened_at timestamptz not null,
  float_fen bigint not null check (float_fen >= 0),
  closed_at timestamptz,
  expected_fen bigint,
  counted_fen bigint check (counted_fen >= 0),
  closed_by uuid,
  note text,
  primary key (market_id, shift_id),
  foreign key (market_id, operator_id) references till,
  check (num_nulls(closed_at, expected_fen, counted_fen, closed_by) in (0, 4))
);
create unique index shift_open on shift (market_id, operator_id) where closed_at is null;

-- What was said on paper about one transaction at the counter; label is its number as printed. amount_fen as the till sees it: plus came in. day: of business, as
-- the books count. The names are the ones of that moment, so that a reprint says the same.
create table receipt (
  market_id uuid not null,
  series integer not null,
  number bigint not null check (number > 0),
  label text not null generated always as (
    lpad(series::text, greatest(3, length(series::text)), '0') || '-' ||
    lpad(number::text, greatest(8, length(number::text)), '0')) stored,
  tx_id uuid not null,
  kind text not null check (kind in ('top_up', 'deposit', 'refund', 'reversal')),
  -- Which purse the money came into or went out of, beside the old debt that a top-up repays; balance_fen is what it holds then.
  purse text not null check (purse in ('utility', 'deposit') and (purse = 'deposit' or kind <> 'deposit')),
  at timestamptz not null,
  day date not null,
  operator_id uuid not null,
  shift_id uuid not null,
  account_id uuid not null,
  account_number text not null,
  customer_name text not null,
  stalls text[] not null,
  method text not null check (method in ('cash', 'bank', 'pos')),
  amount_fen bigint not null check ((kind in ('top_up', 'deposit')) = (amount_fen > 0) and amount_fen <> 0),
  -- What of it repaid an old debt; the rest is the purse's.
  debt_fen bigint not null check (debt_fen = 0 or (debt_fen > 0) = (amount_fen > 0) and abs(debt_fen) <= abs(amount_fen)),
  balance_fen bigint not null,
  reprints integer not null default 0,
  primary key (market_id, series, number),
  unique (market_id, tx_id),
  unique (market_id, label),
  foreign key (market_id, tx_id) references ledger_tx,
  foreign key (market_id, operator_id) references till,
  foreign key (market_id, shift_id) references shift,
  foreign key (market_id, account_id) references account
);
create index receipt_day on receipt (market_id, day);
create index receipt_shift on receipt (market_id, shift_id);
create index receipt_account on receipt (market_id, account_id, tx_id);

-- What a day came to, frozen: [{"operatorId", "kind", "method", "count", "amountFen"}]. seal: where the ledger's chain stood.
create table counter_day (
  market_id uuid not null,
  day date not null,
  totals jsonb not null,
  closed_at timestamptz not null,
  closed_by uuid not null,
  note text,
  seal_seq bigint,
  seal_hash bytea,
  primary key (market_id, day),
  foreign key (market_id) references market
);

-- The chain over the ledger: one link a transaction, in the order they were sealed. hash is over the link before, the
-- transaction and its postings, so that none of them can be altered, added to or taken away unseen.
create table ledger_seal (
  market_id uuid not null,
  seq bigint not null check (seq > 0),
  tx_id uuid not null,
  sealed_at timestamptz not null,
  hash bytea not null check (octet_length(hash) = 32),
  primary key (market_id, seq),
  unique (market_id, tx_id)
);

-- Where the chain ends; without it the last links could be cut off unseen.
create table ledger_seal_head (
  market_id uuid not null references market,
  seq bigint not null,
  hash bytea not null check (octet_length(hash) = 32),
  primary key (market_id)
);

-- What one person asks a second person to let happen. act says all that is to be done, result what came of it. Nobody is asked
-- for ever: what is pending at expires_at is over.
create table approval (
  market_id uuid not null references market,
  approval_id uuid not null,
  kind text not null,
  act jsonb not null,
  subject text not null,
  -- In the order in which a person reads them.
  facts json not null,
  reason text not null,
  state text not null check (state in ('pending', 'approved', 'rejected', 'withdrawn')),
  requested_by uuid not null,
  requested_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > requested_at),
  decided_by uuid check (state = 'withdrawn' or decided_by <> requested_by),
  decided_at timestamptz,
  note text,
  result jsonb,
  primary key (market_id, approval_id),
  check ((state = 'pending') = (decided_at is null)),
  check ((state = 'pending') = (decided_by is null)),
  check ((state = 'approved') = (result is not null))
);
create index approval_pending on approval (market_id, expires_at) where state = 'pending';
