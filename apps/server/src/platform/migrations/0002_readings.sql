-- Bytes as they were on the wire. frame_id is a UUIDv7, so the key is in order of time.
create table frame (
  market_id uuid not null,
  frame_id uuid not null,
  meter_id uuid not null,
  at timestamptz not null,
  direction text not null check (direction in ('up', 'down')),
  protocol text not null,
  bytes bytea not null check (octet_length(bytes) <= 65536),
  primary key (market_id, frame_id)
);
create index frame_meter on frame (market_id, meter_id, at);

-- A picture of a meter's register, taken by the person who read it.
create table photo (
  market_id uuid not null references market,
  photo_id uuid not null,
  taken_at timestamptz not null,
  operator_id uuid not null,
  media_type text not null check (media_type in ('image/jpeg', 'image/png', 'image/webp')),
  bytes bytea not null check (octet_length(bytes) <= 1048576),
  primary key (market_id, photo_id)
);

-- One row a meter and instant: total and tariff registers (sharp, peak, flat, valley, deep valley; null where the meter
-- has none) in Wh after CT, or litres. read_at is the time at the meter. The same reading twice is one row.
-- turnovers: how often the register had wrapped to zero by then; what the meter showed is total − turnovers × modulus × CT.
-- said_total: what the meter said, where a person put another value in its place.
create table reading (
  market_id uuid not null,
  meter_id uuid not null,
  read_at timestamptz not null,
  received_at timestamptz not null,
  origin text not null check (origin in ('scheduled', 'pushed', 'on_demand', 'backfilled', 'manual', 'estimated')),
  total bigint not null check (total >= 0),
  tariffs bigint[],
  quality text not null check (quality in ('good', 'suspect', 'rejected')),
  suspect_reason text check (suspect_reason in ('decrease', 'jump', 'future_time', 'tariff_sum', 'clock_drift')),
  frame_id uuid,
  turnovers integer not null default 0 check (turnovers >= 0),
  said_total bigint,
  operator_id uuid,
  photo_id uuid,
  note text,
  primary key (market_id, meter_id, read_at),
  foreign key (market_id, meter_id) references meter,
  foreign key (market_id, photo_id) references photo,
  check (quality <> 'suspect' or suspect_reason is not null)
);
create index reading_received on reading (market_id, received_at);
create index reading_photo on reading (market_id, photo_id) where photo_id is not null;
-- All meters about one instant: rows come in about in the order of time, so a few numbers say where it lies.
create index reading_read on reading using brin (market_id, read_at timestamptz_minmax_multi_ops) with (pages_per_range = 32, autosummarize = on);
create index reading_suspect on reading (market_id, meter_id, read_at) where quality = 'suspect';

-- How far a meter's frozen registers were asked for: what it did not have of that time, it will not have later.
create table meter_backfill (
  market_id uuid not null,
  meter_id uuid not null,
  done_until timestamptz not null,
  primary key (market_id, meter_id),
  foreign key (market_id, meter_id) references meter
);

-- A suspect reading stops its meter's settlement until a person releases it.
create table hold (
  market_id uuid not null,
  hold_id uuid not null,
  meter_id uuid not null,
  read_at timestamptz not null,
  reason text not null,
  opened_at timestamptz not null,
  released_at timestamptz,
  released_by uuid,
  release_action text check (release_action in ('accept', 'reject', 'replace')),
  note text,
  primary key (market_id, hold_id),
  foreign key (market_id, meter_id, read_at) references reading,
  check ((released_at is null) = (release_action is null))
);
create unique index hold_open on hold (market_id, meter_id) where released_at is null;

-- Many meters read by hand at once. note: why a meter is skipped, or what went wrong; tries: how often it was asked.
create table read_batch (
  market_id uuid not null references market,
  batch_id uuid not null,
  reason text,
  operator_id uuid not null,
  at timestamptz not null,
  primary key (market_id, batch_id)
);
create index read_batch_at on read_batch (market_id, at);

create table read_batch_meter (
  market_id uuid not null,
  batch_id uuid not null,
  meter_id uuid not null,
  state text not null check (state in ('queued', 'sent', 'answered', 'failed', 'cancelled', 'skipped')),
  note text,
  tries smallint not null default 0,
  asked_at timestamptz,
  finished_at timestamptz,
  read_at timestamptz,
  total bigint,
  primary key (market_id, batch_id, meter_id),
  foreign key (market_id, batch_id) references read_batch,
  foreign key (market_id, meter_id) references meter
);
create index read_batch_meter_open on read_batch_meter (market_id, batch_id) where state in ('queued', 'sent');

-- What a market used in an hour of its day, by building and kind, worked out from readings and worked out again as late ones
-- come in. seen, seen_online: how many meters were looked at in that hour, over all looks, and how many of them were online.
-- Nothing is charged by it: deleted, the last two days are made again.
create table market_hour (
  market_id uuid not null references market,
  hour_at timestamptz not null,
  building_id uuid not null,
  kind text not null check (kind in ('electricity', 'water')),
  use bigint not null,
  seen bigint not null,
  seen_online bigint not null,
  made_at timestamptz not null,
  primary key (market_id, hour_at, building_id, kind),
  foreign key (market_id, building_id) references building
);
