-- Operators, sign-in sessions and the program's own settings belong to the installation, not to a market.
-- An API key is an operator of its own without a password, so that whatever it does bears its name. scope: what of the data
-- the operator may see and touch, as the contract's DataScope. failures: wrong attempts in a row; the tenth locks until
-- locked_until, each lock twice as long as the one before (locks). totp_secret: sealed with the installation's key, which the
-- database does not hold. totp_last_step: the last time step whose code was used, so that no code is taken twice; the second
-- factor holds once it is confirmed.
create table operator (
  operator_id uuid primary key,
  login text not null unique,
  name text not null,
  password_hash text,
  role text not null check (role in ('admin', 'manager', 'finance', 'cashier', 'technician', 'auditor')),
  scope jsonb not null default '{"kind": "group"}' check (scope ->> 'kind' in ('group', 'markets', 'buildings')),
  must_change_password boolean not null default false,
  failures smallint not null default 0,
  locks smallint not null default 0,
  locked_until timestamptz,
  totp_secret text,
  totp_confirmed_at timestamptz,
  totp_last_step bigint,
  last_sign_in_at timestamptz,
  created_at timestamptz not null,
  disabled_at timestamptz
);

-- People live by real time also where a market's clock runs faster, so these times are real. issuer: the identity provider by
-- whose word it was; null for a password.
create table sign_in (
  token_hash bytea primary key,
  session_id uuid not null unique,
  operator_id uuid not null references operator,
  remote text not null,
  issuer text,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sign_in_operator on sign_in (operator_id);

-- A password or an identity provider's word was right, and the code of the second factor is still to come.
create table sign_in_ticket (
  ticket_hash bytea primary key,
  operator_id uuid not null references operator,
  issuer text,
  expires_at timestamptz not null
);

-- Somebody was sent to the identity provider and is still to come back, in the same browser, which has the token.
create table sign_in_attempt (
  token_hash bytea primary key,
  state_hash bytea not null,
  nonce text not null,
  verifier text not null,
  redirect_uri text not null,
  expires_at timestamptz not null
);

-- Whom an operator is at an identity provider. An e-mail is a way to say it before his subject is known: the first who comes
-- with it, verified, is him, and from then on his subject alone is.
create table operator_link (
  operator_id uuid primary key references operator,
  issuer text not null,
  subject text,
  email text,
  linked_at timestamptz not null,
  check ((subject is null) <> (email is null)),
  unique (issuer, subject),
  unique (issuer, email)
);

create table recovery_code (
  operator_id uuid not null references operator,
  code_hash bytea not null,
  used_at timestamptz,
  primary key (operator_id, code_hash)
);

create table api_key (
  key_hash bytea primary key,
  operator_id uuid not null unique references operator,
  prefix text not null,
  made_by uuid not null references operator,
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- Append-only. market_id is the nil UUID for what concerns the installation. mark: an HMAC of all of it by a key that the
-- database does not hold.
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
  mark bytea not null,
  primary key (market_id, audit_id)
);
create index audit_subject on audit (market_id, subject text_pattern_ops, audit_id);
create index audit_operator on audit (market_id, operator_id, audit_id);

-- The chain of the audit, as the ledger has one: a link an entry, each over the one before, made beside the hot path.
create table audit_seal (
  market_id uuid not null,
  seq bigint not null,
  audit_id uuid not null,
  sealed_at timestamptz not null,
  hash bytea not null,
  primary key (market_id, seq),
  unique (market_id, audit_id)
);

create table audit_seal_head (
  market_id uuid not null,
  seq bigint not null,
  hash bytea not null,
  primary key (market_id)
);

-- How an operator likes a list: columns in their order, rows a page, and saved views, as the contract's KeptList.
create table kept_list (
  operator_id uuid not null references operator,
  list text not null,
  columns jsonb not null default '[]',
  views jsonb not null default '[]',
  page_size integer not null default 50,
  primary key (operator_id, list)
);

create table setting (
  name text primary key,
  value jsonb not null
);
