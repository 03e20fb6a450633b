-- Operators, sign-in sessions and the program's own settings belong to the installation, not to a market.
create table operator (
  operator_id uuid primary key,
  login text not null unique,
  name text not null,
  password_hash text not null,
  role text not null check (role in ('admin', 'manager', 'finance', 'cashier', 'technician', 'auditor')),
  created_at timestamptz not null,
  disabled_at timestamptz
);

create table sign_in (
  token_hash bytea primary key,
  operator_id uuid not null references operator,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

-- Append-only. market_id is the nil UUID for what concerns the installation.
create table audit (
  market_id uuid not null,
  audit_id uuid not null,
  at timestamptz not null,
  operator_id uuid,
  action text not null,
  subject text not null,
  reason text,
  before jsonb,
  after jsonb,
  primary key (market_id, audit_id)
);

create table setting (
  name text primary key,
  value jsonb not null
);
