-- Reference tables (small, the same on every node): market, gateway, nb_product, device_directory.
-- Every other market-owned table has market_id first in its primary key, unique keys and foreign keys.

-- The alarm ladder: alarm 1 at low_balance_fen, alarm 2 (none where null), the final notice at zero. An alarm is armed again
-- alarm_rearm_fen above its amount.
create table market (
  market_id uuid primary key,
  code text not null unique,
  name text not null,
  time_zone text not null default 'Asia/Shanghai',
  not_open_is_off boolean not null default false,
  final_notice_wait_s integer not null default 1800 check (final_notice_wait_s >= 0),
  stale_after_s integer not null default 10800 check (stale_after_s > 0),
  low_balance_fen bigint not null default 2000,
  alarm_2_fen bigint check (alarm_2_fen > 0),
  alarm_rearm_fen bigint not null default 100 check (alarm_rearm_fen >= 0),
  restore_minimum_fen bigint not null default 1 check (restore_minimum_fen > 0),
  -- Supply comes back to so many meters a second after a mass outage; null: to all at once.
  reclose_per_s integer check (reclose_per_s > 0),
  top_up_minimum_fen bigint not null default 1 check (top_up_minimum_fen > 0),
  top_up_maximum_fen bigint not null default 10000000 check (top_up_maximum_fen >= top_up_minimum_fen),
  emergency_credit_fen bigint not null default 0 check (emergency_credit_fen >= 0),
  -- What a new account is asked to lay down, where nothing else is said; and whether one may pay afterwards.
  deposit_fen bigint not null default 0 check (deposit_fen >= 0),
  postpaid_allowed boolean not null default true,
  -- Of each top-up, so much goes to an old debt, at most the cap.
  debt_share_percent smallint not null default 30 check (debt_share_percent between 0 and 100),
  debt_cap_fen bigint check (debt_cap_fen > 0),
  -- A price above the grid's of the month: allowed, warned of, or refused.
  price_cap text not null default 'warn' check (price_cap in ('off', 'warn', 'refuse')),
  -- Without a good reading for so long a meter is charged provisionally; null: never.
  provisional_after_s integer check (provisional_after_s > 0),
  command_limit_s integer not null default 172800 check (command_limit_s > 0),
  created_at timestamptz not null,
  check (alarm_2_fen < low_balance_fen)
);

create table building (
  market_id uuid not null references market,
  building_id uuid not null,
  name text not null,
  reading_interval_s integer not null default 1800 check (reading_interval_s between 60 and 604800),
  settlement_period text not null default 'each_reading'
    check (settlement_period in ('each_reading', 'daily', 'weekly', 'monthly')),
  -- The minutes of the day at which a day of settlement ends; none: at midnight.
  settlement_minutes smallint[] not null default '{}',
  primary key (market_id, building_id),
  unique (market_id, name)
);

create table stall (
  market_id uuid not null,
  stall_id uuid not null,
  building_id uuid not null,
  code text not null,
  stall_type text not null,
  area_m2 numeric(10, 2),
  protected boolean not null default false,
  import_id uuid,
  primary key (market_id, stall_id),
  unique (market_id, code),
  foreign key (market_id, building_id) references building
);

create index stall_import_id on stall (market_id, import_id) where import_id is not null;

-- Stalls brought in from one Excel file; they name it in import_id. Undone: taken out again before anything came of them.
create table stall_import (
  market_id uuid not null references market,
  import_id uuid not null,
  file_name text not null,
  at timestamptz not null,
  operator_id uuid,
  stalls integer not null,
  undone_at timestamptz,
  primary key (market_id, import_id)
);

-- model names a profile of the catalogue that the program carries. link_key and bus_address say how to reach the meter:
-- acrel4g: serial number of its modem, Modbus unit; acrelgw, dtu, mqtt: key of its gateway, address on the bus, with the
-- port before it where the gateway has several ("2/17"); modbus_tcp: "host:port", Modbus unit; nb:
-- "<platform product>/<device>" on the platform, address in the payload. access: what lets this meter be written to.
-- A device whose CT was changed goes on as a new meter of the same serial: nothing is subtracted across the two.
create table meter (
  market_id uuid not null,
  meter_id uuid not null,
  kind text not null check (kind in ('electricity', 'water')),
  model text not null,
  serial text not null,
  ct_ratio integer not null default 1 check (ct_ratio between 1 and 10000),
  link text not null check (link in ('acrel4g', 'acrelgw', 'dtu', 'mqtt', 'modbus_tcp', 'nb')),
  link_key text not null,
  bus_address text not null,
  access jsonb not null default '{}',
  installed_at timestamptz not null,
  retired_at timestamptz,
  import_id uuid,
  primary key (market_id, meter_id)
);
create unique index meter_serial on meter (market_id, serial) where retired_at is null;
create index meter_link on meter (market_id, link, link_key);
create index meter_import_id on meter (market_id, import_id) where import_id is not null;

create table meter_binding (
  market_id uuid not null,
  binding_id uuid not null,
  meter_id uuid not null,
  stall_id uuid not null,
  from_at timestamptz not null,
  to_at timestamptz check (to_at > from_at),
  primary key (market_id, binding_id),
  foreign key (market_id, meter_id) references meter,
  foreign key (market_id, stall_id) references stall
);
create unique index meter_binding_current on meter_binding (market_id, meter_id) where to_at is null;
create index meter_binding_meter on meter_binding (market_id, meter_id);
create index meter_binding_stall on meter_binding (market_id, stall_id);

-- One meter took another's place at a stall. Each has its own last and first reading; use is the sum over both, and what
-- counts up in a billing period goes on. reason: 'replaced' another device, 'ct_changed' the same one.
create table meter_replacement (
  market_id uuid not null,
  old_meter_id uuid not null,
  new_meter_id uuid not null,
  at timestamptz not null,
  reason text not null check (reason in ('replaced', 'ct_changed')),
  final_origin text not null check (final_origin in ('on_demand', 'manual', 'estimated')),
  operator_id uuid not null,
  note text not null,
  primary key (market_id, old_meter_id),
  unique (market_id, new_meter_id),
  foreign key (market_id, old_meter_id) references meter,
  foreign key (market_id, new_meter_id) references meter
);

-- Meters brought in from one Excel file; they name it in import_id. Undone: taken back before anything came of them.
create table meter_import (
  market_id uuid not null references market,
  import_id uuid not null,
  file_name text not null,
  at timestamptz not null,
  operator_id uuid,
  meters integer not null,
  undone_at timestamptz,
  primary key (market_id, import_id)
);

-- What stands between several meters and us. secret: of its messages (acrelgw) or its sign-in (mqtt). settings: how its line
-- is driven, e.g. {"baud": 9600, "gapMs": 50}, and how a dtu says who it is.
create table gateway (
  link text not null check (link in ('acrelgw', 'dtu', 'mqtt', 'modbus_tcp')),
  link_key text not null,
  market_id uuid not null references market,
  name text not null,
  secret_sealed text,
  settings jsonb not null default '{}',
  created_at timestamptz not null,
  retired_at timestamptz,
  primary key (link, link_key)
);
create index gateway_market on gateway (market_id);

-- Which market a device belongs to must be found before its market is known.
create table device_directory (
  link text not null,
  link_key text not null,
  bus_address text not null,
  market_id uuid not null,
  meter_id uuid not null,
  primary key (link, link_key, bus_address)
);

create table unclaimed_device (
  link text not null,
  link_key text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  contacts bigint not null default 1,
  remote text not null,
  primary key (link, link_key)
);

-- A product on an NB-IoT platform; codec names how its payloads are read and written. Its keys are sealed by the key of the
-- installation, so the address that the platform pushes to is found by its mark. app_key of onenet is the resource of the
-- access key, empty where the product's master key is used.
create table nb_product (
  platform text not null check (platform in ('ctwing', 'onenet')),
  product_id text not null,
  market_id uuid not null references market,
  codec text not null default 'cjt188',
  base_url text not null,
  app_key text not null,
  secrets_sealed text not null,
  push_address_mark bytea not null unique,
  allowed_sources text[] not null default '{}',
  primary key (platform, product_id),
  -- A meter's link key names the product alone.
  unique (product_id)
);

-- What the meter itself last said, and whether it can be reached. switch_state is the relay or the valve by read-back.
create table meter_state (
  market_id uuid not null,
  meter_id uuid not null,
  online boolean not null default false,
  last_contact_at timestamptz,
  wake_expected_at timestamptz,
  rssi integer,
  iccid text,
  firmware text,
  battery_low boolean,
  switch_state text not null default 'unknown' check (switch_state in ('on', 'off', 'fault', 'unknown')),
  switch_at timestamptz,
  last_read_at timestamptz,
  -- How far the meter's clock was ahead of ours when it was last compared; negative behind.
  clock_drift_s integer,
  clock_checked_at timestamptz,
  primary key (market_id, meter_id),
  foreign key (market_id, meter_id) references meter
);

-- What went wrong, or changed, between us and a device: connected, closed, replaced, time-outs, bytes that made no sense.
-- market_id is the nil UUID for a device that nobody claimed. At most so many a device and hour; kept for 30 days.
create table link_event (
  market_id uuid not null,
  event_id uuid not null,
  link text not null,
  link_key text not null,
  meter_id uuid,
  at timestamptz not null,
  event text not null,
  detail jsonb not null,
  primary key (market_id, event_id)
);
create index link_event_device on link_event (market_id, link, link_key, event_id);
