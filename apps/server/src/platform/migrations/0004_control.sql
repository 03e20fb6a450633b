-- The override a person set and the state control wants. Nothing here is what the meter says; that is meter_state.
create table meter_control (
  market_id uuid not null,
  meter_id uuid not null,
  override text not null default 'auto' check (override in ('auto', 'forced_on', 'forced_off')),
  override_reason text,
  override_by uuid,
  override_at timestamptz,
  override_until timestamptz,
  -- Off for safety's sake, whatever anything else says, until a person lifts it.
  lockout_reason text,
  lockout_by uuid,
  lockout_at timestamptz,
  wanted text check (wanted in ('on', 'off')),
  wanted_reason text,
  wanted_at timestamptz,
  wanted_seq bigint not null default 0,
  primary key (market_id, meter_id),
  foreign key (market_id, meter_id) references meter,
  check (num_nulls(lockout_reason, lockout_by, lockout_at) in (0, 3))
);

-- The whole site off at once, fire or flood: while one is not lifted, every meter of the market that can switch is locked out.
create table site_emergency (
  market_id uuid not null references market,
  emergency_id uuid not null,
  reason text not null,
  cut_by uuid not null,
  cut_at timestamptz not null,
  lifted_by uuid,
  lifted_at timestamptz,
  primary key (market_id, emergency_id),
  check ((lifted_by is null) = (lifted_at is null))
);
create unique index site_emergency_on on site_emergency (market_id) where lifted_at is null;

-- Many meters told at once, as a person saw the list: list_hash is of what he saw. executed_at null: a cut that waits for the
-- approval of the same id, or did not get it.
create table mass_switch (
  market_id uuid not null references market,
  mass_id uuid not null,
  override text not null check (override in ('auto', 'forced_on', 'forced_off')),
  until timestamptz,
  include_protected boolean not null,
  reason text not null,
  operator_id uuid not null,
  list_hash text not null,
  at timestamptz not null,
  executed_at timestamptz,
  primary key (market_id, mass_id)
);
create index mass_switch_at on mass_switch (market_id, at);

-- skipped: why it was not told. wanted_seq: of meter_control when it was told, by which its commands are found.

create table mass_switch_meter (
  market_id uuid not null,
  mass_id uuid not null,
  meter_id uuid not null,
  skipped text,
  wanted_seq bigint,
  cancelled_at timestamptz,
  primary key (market_id, mass_id, meter_id),
  foreign key (market_id, mass_id) references mass_switch,
  foreign key (market_id, meter_id) references meter
);

-- When the next relay of a market may close, where many are to: whoever gives out turns holds this row.
create table reclose_turn (
  market_id uuid primary key references market,
  free_at timestamptz not null
);

-- Every switch of the wanted state: why, and what was available then. Without an open account nothing is.
create table wanted_change (
  market_id uuid not null,
  meter_id uuid not null,
  wanted_seq bigint not null,
  wanted text check (wanted in ('on', 'off')),
  reason text not null,
  at timestamptz not null,
  operator_id uuid,
  available_fen bigint,
  primary key (market_id, meter_id, wanted_seq),
  foreign key (market_id, meter_id) references meter
);

-- 免断时段: when nothing is cut for its balance, by the market's wall clock. weekdays: those on which the hours begin,
-- 0 = Sunday; to_minute not after from_minute: they go on past midnight. stall_type null: every stall.
create table friendly_hours (
  market_id uuid not null references market,
  hours_id uuid not null,
  stall_type text,
  weekdays smallint[] not null check (cardinality(weekdays) between 1 and 7),
  from_minute smallint not null check (from_minute between 0 and 1439),
  to_minute smallint not null check (to_minute between 1 and 1440 and to_minute <> from_minute),
  primary key (market_id, hours_id)
);

create table holiday (
  market_id uuid not null references market,
  holiday_id uuid not null,
  stall_type text,
  name text not null,
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  primary key (market_id, holiday_id)
);

create table protected_stall_type (
  market_id uuid not null references market,
  stall_type text not null,
  primary key (market_id, stall_type)
);

-- A notice fires once per crossing: while one is open the stage stays silent; closing it re-arms the stage.
create table notice (
  market_id uuid not null,
  notice_id uuid not null,
  account_id uuid not null,
  stage text not null check (stage in ('low_balance', 'alarm_2', 'final')),
  balance_fen bigint not null,
  raised_at timestamptz not null,
  channel text not null check (channel in ('console')),
  delivered_at timestamptz,
  closed_at timestamptz,
  primary key (market_id, notice_id),
  foreign key (market_id, account_id) references account
);
create index notice_raised on notice (market_id, raised_at);
create unique index notice_open on notice (market_id, account_id, stage) where closed_at is null;

-- queued → sent → acknowledged → confirmed | failed | expired | superseded. At most one of a kind is open a meter, so only
-- the latest wanted state is ever sent. kind 'switch' is control's and says wanted; the others are a person's, and say what
-- the meter is to be told in value.
create table command (
  market_id uuid not null,
  command_id uuid not null,
  meter_id uuid not null,
  kind text not null default 'switch' check (kind in ('switch', 'keep_power', 'clock', 'price_table', 'alarm_amounts')),
  wanted text check (wanted in ('on', 'off')),
  value jsonb,
  wanted_seq bigint not null,
  cause text not null,
  operator_id uuid,
  state text not null check (state in ('queued', 'sent', 'acknowledged', 'confirmed', 'failed', 'expired', 'superseded')),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  next_attempt_at timestamptz not null,
  attempts integer not null default 0,
  sent_at timestamptz,
  acknowledged_at timestamptz,
  finished_at timestamptz,
  expected_at timestamptz,
  platform_ref text,
  outcome text,
  primary key (market_id, command_id),
  foreign key (market_id, meter_id) references meter,
  check ((finished_at is null) = (state in ('queued', 'sent', 'acknowledged'))),
  check ((kind = 'switch') = (wanted is not null)),
  check ((kind = 'switch') = (value is null))
);
create unique index command_open on command (market_id, meter_id, kind) where finished_at is null;
create index command_meter on command (market_id, meter_id, created_at);

create table command_attempt (
  market_id uuid not null,
  command_id uuid not null,
  attempt integer not null,
  step text not null check (step in ('write', 'read_back')),
  at timestamptz not null,
  request_frame_id uuid,
  reply_frame_id uuid,
  outcome text not null,
  primary key (market_id, command_id, attempt, step),
  foreign key (market_id, command_id) references command
);

-- A meter ends in the wanted state, or here, where a person sees it. detail: what was wanted, what the last read-back said
-- (null where none came), and how often it was written.
create table device_exception (
  market_id uuid not null,
  exception_id uuid not null,
  meter_id uuid not null,
  kind text not null check (kind in ('switch_not_confirmed', 'command_expired', 'setting_not_confirmed')),
  opened_at timestamptz not null,
  closed_at timestamptz,
  detail jsonb not null,
  primary key (market_id, exception_id),
  foreign key (market_id, meter_id) references meter
);
create unique index device_exception_open on device_exception (market_id, meter_id, kind) where closed_at is null;
