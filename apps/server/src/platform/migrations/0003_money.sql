create table price_plan (
  market_id uuid not null references market,
  plan_id uuid not null,
  kind text not null check (kind in ('electricity', 'water')),
  name text not null,
  market_default boolean not null default false,
  primary key (market_id, plan_id),
  unique (market_id, name)
);
create unique index price_plan_default on price_plan (market_id, kind) where market_default;

-- rule: flat, times of use, steps or both, as docs/price-plan.md shows them; prices in yuan per kWh or m³. What is here is
-- published: it never changes and never begins before it was published.
create table price_plan_version (
  market_id uuid not null,
  plan_id uuid not null,
  version integer not null check (version > 0),
  valid_from timestamptz not null,
  rule jsonb not null,
  primary key (market_id, plan_id, version),
  unique (market_id, plan_id, valid_from),
  foreign key (market_id, plan_id) references price_plan
);

-- A version that is being written; it waits for a second person while a pending approval names it, and is not changed meanwhile.
-- Published, it becomes a version and the draft is done.
create table price_plan_draft (
  market_id uuid not null,
  draft_id uuid not null,
  plan_id uuid not null,
  valid_from timestamptz not null,
  rule jsonb not null,
  state text not null check (state in ('draft', 'published', 'discarded')),
  version integer,
  created_by uuid not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (market_id, draft_id),
  foreign key (market_id, plan_id) references price_plan,
  foreign key (market_id, plan_id, version) references price_plan_version,
  check ((state = 'published') = (version is not null))
);
create unique index price_plan_draft_open on price_plan_draft (market_id, plan_id) where state = 'draft';

-- The grid's, or the waterworks', own price of a month, which a plan's energy price is held against.
create table grid_price (
  market_id uuid not null references market,
  kind text not null check (kind in ('electricity', 'water')),
  month text not null check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
  -- Yuan per kWh or m³, as a plan says prices.
  price_micro_yuan bigint not null check (price_micro_yuan > 0),
  -- Where it has times of use: sharp, peak, flat, valley, deep valley, null in a place that has none.
  tariff_micro_yuan bigint[] check (cardinality(tariff_micro_yuan) = 5),
  noted_by uuid not null,
  noted_at timestamptz not null,
  primary key (market_id, kind, month)
);

create table account (
  market_id uuid not null references market,
  account_id uuid not null,
  number text not null,
  customer_name text not null,
  phone text,
  state text not null check (state in ('prepared', 'open', 'closed')),
  mode text not null default 'prepaid' check (mode in ('prepaid', 'postpaid')),
  credit_limit_fen bigint not null default 0 check (credit_limit_fen >= 0),
  -- From then on there is no credit; null: until somebody changes it.
  credit_limit_until timestamptz,
  -- What the tenant may take once before he pays, and when he took it; null again once a top-up has repaid it.
  emergency_limit_fen bigint not null default 0 check (emergency_limit_fen >= 0),
  emergency_taken_at timestamptz,
  -- What was agreed to be laid down; what is, is the deposit purse.
  deposit_fen bigint not null default 0 check (deposit_fen >= 0),
  electricity_plan_id uuid,
  water_plan_id uuid,
  -- Of a prepared account: the stalls it will take over.
  prepared_stalls uuid[] not null default '{}',
  opened_at timestamptz,
  closed_at timestamptz,
  primary key (market_id, account_id),
  unique (market_id, number),
  foreign key (market_id, electricity_plan_id) references price_plan,
  foreign key (market_id, water_plan_id) references price_plan
);

-- Which account a stall belongs to, and when: each kWh belongs to the tenant of that date.
create table tenancy (
  market_id uuid not null,
  tenancy_id uuid not null,
  account_id uuid not null,
  stall_id uuid not null,
  from_at timestamptz not null,
  to_at timestamptz check (to_at > from_at),
  primary key (market_id, tenancy_id),
  foreign key (market_id, account_id) references account,
  foreign key (market_id, stall_id) references stall
);
create unique index tenancy_current on tenancy (market_id, stall_id) where to_at is null;
create index tenancy_account on tenancy (market_id, account_id);
-- Who had a stall once: found by it however little PostgreSQL knows of the table.
create index tenancy_stall on tenancy (market_id, stall_id);

-- Derived from posting, in the transaction that posts; `openprepay verify` proves it.
create table purse (
  market_id uuid not null,
  account_id uuid not null,
  kind text not null check (kind in ('utility', 'fees', 'deposit', 'debt')),
  balance_fen bigint not null default 0,
  primary key (market_id, account_id, kind),
  foreign key (market_id, account_id) references account
);

-- No foreign key to market: every posting of a market would lock, and be queued up in, that one row. Purses name an account, and
-- accounts their market.
create table ledger_tx (
  market_id uuid not null,
  tx_id uuid not null,
  kind text not null check (kind in ('top_up', 'charge', 'opening_balance', 'correction', 'reversal', 'refund',
    'provisional', 'deposit', 'closing', 'debt')),
  idempotency_key text not null,
  business_at timestamptz not null,
  recorded_at timestamptz not null,
  operator_id uuid,
  memo text,
  -- Of a reversal: the transaction that it undoes, line by line.
  reverses_tx_id uuid,
  primary key (market_id, tx_id),
  unique (market_id, idempotency_key),
  foreign key (market_id, reverses_tx_id) references ledger_tx,
  check ((kind = 'reversal') = (reverses_tx_id is not null))
);
create unique index ledger_tx_reverses on ledger_tx (market_id, reverses_tx_id) where reverses_tx_id is not null;
-- What people did, among millions of charges: these cost a charge nothing.
create index ledger_tx_kind on ledger_tx (market_id, kind, tx_id) where kind <> 'charge';
create index ledger_tx_operator on ledger_tx (market_id, operator_id, tx_id) where operator_id is not null;

-- Signed fen; a transaction's lines sum to zero. A purse is what the market owes its tenant: positive is the tenant's.
create table posting (
  market_id uuid not null,
  tx_id uuid not null,
  line smallint not null,
  ledger_account text not null check (ledger_account in ('purse.utility', 'purse.fees', 'purse.deposit', 'purse.debt',
    'cash', 'bank', 'pos', 'opening', 'revenue.electricity', 'revenue.water')),
  account_id uuid,
  amount_fen bigint not null check (amount_fen <> 0),
  primary key (market_id, tx_id, line),
  foreign key (market_id, tx_id) references ledger_tx,
  check ((ledger_account like 'purse.%') = (account_id is not null))
);
create index posting_account on posting (market_id, account_id, tx_id) where account_id is not null;
-- The purses that are seldom moved.
create index posting_purse on posting (market_id, ledger_account, tx_id, line)
  where ledger_account in ('purse.fees', 'purse.deposit', 'purse.debt');

-- How far a meter is settled for the account that has it. billing_period: 'tenure', or '2026-03' or '2026' where steps begin
-- anew; null before the first charge. Since period_from: the use that decides the step, and the exact sum behind the
-- rounded charges; charged so far = round(exact_nano_yuan) fen. A meter that took another's place goes on from its period, so
-- period_from may be a reading of the one before; opened_at is the first reading of this one in the account's time with it.
create table meter_settlement (
  market_id uuid not null,
  meter_id uuid not null,
  account_id uuid not null,
  opened_at timestamptz not null,
  billing_period text,
  period_from timestamptz not null,
  settled_at timestamptz not null,
  settled_value bigint not null,
  period_use bigint not null default 0,
  exact_nano_yuan bigint not null default 0,
  primary key (market_id, meter_id),
  foreign key (market_id, meter_id) references meter,
  foreign key (market_id, account_id) references account
);

-- Use between two readings within one billing period at one version of a plan. uses: what each step and tariff had of it,
-- [{"step": 1, "tariff": "peak", "use": "1234"}], in Wh or litres; intervals: the pairs of readings that were joined.
create table charge (
  market_id uuid not null,
  charge_id uuid not null,
  meter_id uuid not null,
  account_id uuid not null,
  stall_id uuid not null,
  from_at timestamptz not null,
  to_at timestamptz not null check (to_at > from_at),
  from_value bigint not null,
  to_value bigint not null check (to_value >= from_value),
  plan_id uuid not null,
  plan_version integer not null,
  billing_period text not null,
  period_from timestamptz not null check (period_from <= from_at),
  use_before bigint not null,
  intervals integer not null check (intervals > 0),
  uses jsonb not null,
  exact_before_nano_yuan bigint not null,
  exact_after_nano_yuan bigint not null,
  -- Of what lies between the two: the standing charge, for the midnights after from_at up to to_at.
  standing_nano_yuan bigint not null default 0 check (standing_nano_yuan >= 0),
  amount_fen bigint not null,
  tx_id uuid,
  created_at timestamptz not null,
  primary key (market_id, charge_id),
  unique (market_id, meter_id, from_at),
  foreign key (market_id, meter_id) references meter,
  foreign key (market_id, account_id) references account,
  foreign key (market_id, plan_id, plan_version) references price_plan_version,
  foreign key (market_id, tx_id) references ledger_tx,
  check ((amount_fen = 0) = (tx_id is null))
);
create index charge_account on charge (market_id, account_id, to_at);

-- One signed entry that puts right what a charge took by a reading that turned out wrong: it names the charge, the value it
-- ended on (or began with, see edge) and the value that is true. Nothing posted is edited. use_before and the exact sums are
-- where the billing period stood when it was put right.
create table charge_correction (
  market_id uuid not null,
  correction_id uuid not null,
  charge_id uuid not null,
  meter_id uuid not null,
  account_id uuid not null,
  edge text not null check (edge in ('start', 'end')),
  said_value bigint not null,
  true_value bigint not null check (true_value <> said_value),
  plan_id uuid not null,
  plan_version integer not null,
  billing_period text not null,
  period_from timestamptz not null,
  use_before bigint not null,
  uses jsonb not null,
  exact_before_nano_yuan bigint not null,
  exact_after_nano_yuan bigint not null,
  amount_fen bigint not null,
  tx_id uuid,
  operator_id uuid not null,
  reason text not null,
  created_at timestamptz not null,
  primary key (market_id, correction_id),
  foreign key (market_id, charge_id) references charge,
  foreign key (market_id, account_id) references account,
  foreign key (market_id, plan_id, plan_version) references price_plan_version,
  foreign key (market_id, tx_id) references ledger_tx,
  check ((amount_fen = 0) = (tx_id is null))
);
create index charge_correction_charge on charge_correction (market_id, charge_id);

-- What a meter without data was charged until its data came: use by the average of its last valid days since its last good
-- reading, at settled_at. A long outage has several, each from the end of the one before. All that are open are replaced at once,
-- by one signed entry of the ledger that takes them back, when the meter is settled further: replaced_tx_id is that entry.
create table provisional_charge (
  market_id uuid not null,
  provisional_id uuid not null,
  meter_id uuid not null,
  account_id uuid not null,
  stall_id uuid not null,
  settled_at timestamptz not null,
  from_at timestamptz not null check (from_at >= settled_at),
  to_at timestamptz not null check (to_at > from_at),
  -- The days the average is of, each by the last reading of the day before and its own:
  -- [{"day": "2026-03-04", "fromAt": "…", "toAt": "…", "use": "1234"}].
  days jsonb not null,
  use bigint not null check (use >= 0),
  plan_id uuid not null,
  plan_version integer not null,
  -- As of a charge: where the billing period stood, the open ones before this one counted in, and how the use was divided.
  billing_period text not null,
  period_from timestamptz not null,
  use_before bigint not null,
  uses jsonb not null,
  exact_before_nano_yuan bigint not null,
  exact_after_nano_yuan bigint not null,
  standing_nano_yuan bigint not null default 0 check (standing_nano_yuan >= 0),
  amount_fen bigint not null check (amount_fen >= 0),
  tx_id uuid,
  created_at timestamptz not null,
  replaced_at timestamptz,
  replaced_tx_id uuid,
  primary key (market_id, provisional_id),
  unique (market_id, meter_id, settled_at, from_at),
  foreign key (market_id, meter_id) references meter,
  foreign key (market_id, account_id) references account,
  foreign key (market_id, plan_id, plan_version) references price_plan_version,
  foreign key (market_id, tx_id) references ledger_tx,
  foreign key (market_id, replaced_tx_id) references ledger_tx,
  check ((amount_fen = 0) = (tx_id is null)),
  check (replaced_tx_id is null or replaced_at is not null)
);
create unique index provisional_charge_open on provisional_charge (market_id, meter_id, from_at) where replaced_at is null;
create index provisional_charge_account on provisional_charge (market_id, account_id) where replaced_at is null;
create index provisional_charge_replaced on provisional_charge (market_id, replaced_tx_id) where replaced_tx_id is not null;

-- The end of an account, or of its time at a stall, on paper: what was read, charged, paid and handed back, as it was then.
create table move_out (
  market_id uuid not null,
  move_out_id uuid not null,
  account_id uuid not null,
  -- Of a hand-over: the account that took the stalls.
  next_account_id uuid,
  at timestamptz not null,
  -- Whose meters it speaks of: the stalls that were handed over or given back.
  stall_ids uuid[] not null,
  -- Drawn up once, and frozen: of a hand-over at once, for all use up to then is charged with it; of an account's end once
  -- its purses are empty.
  statement jsonb,
  drawn_at timestamptz,
  operator_id uuid not null,
  note text not null,
  primary key (market_id, move_out_id),
  foreign key (market_id, account_id) references account,
  foreign key (market_id, next_account_id) references account,
  check ((statement is null) = (drawn_at is null))
);
create index move_out_account on move_out (market_id, account_id, at);
