import type { DataScope, Role } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';

export interface OperatorRow extends Record<string, unknown> {
  operatorId: string;
  login: string;
  name: string;
  role: Role;
  scope: DataScope;
  mustChangePassword: boolean;
  hasSecondFactor: boolean;
  /** The installation asks this role for a second factor. */
  needsSecondFactor: boolean;
}

export const OPERATOR = `operator.operator_id as "operatorId", operator.login, operator.name, operator.role, operator.scope,
  operator.must_change_password as "mustChangePassword", operator.totp_confirmed_at is not null as "hasSecondFactor",
  coalesce((select value ? operator.role from setting where setting.name = 'second_factor_roles'), false)
    as "needsSecondFactor"`;

type WithPassword = OperatorRow & { passwordHash: string | null };

/** Of those who may sign in. */
export async function findByLogin(db: Queryable, login: string): Promise<WithPassword | null> {
  const rows = await db.query<WithPassword>(
    `select ${OPERATOR}, operator.password_hash as "passwordHash" from operator
     where login = $1 and disabled_at is null`,
    [login],
  );
  return rows[0] ?? null;
}

/** Of those who may sign in. */
export async function findById(db: Queryable, operatorId: string): Promise<WithPassword | null> {
  const rows = await db.query<WithPassword>(
    `select ${OPERATOR}, operator.password_hash as "passwordHash" from operator
     where operator_id = $1 and disabled_at is null`,
    [operatorId],
  );
  return rows[0] ?? null;
}

/** Whom of an operator's is asked by whose word he is here: a password that he did not use he need not change. */
export const signedInBy = (row: OperatorRow, issuer: string | null): OperatorRow =>
  issuer === null ? row : { ...row, mustChangePassword: false };

type BySomebody = OperatorRow & { issuer: string | null };

export async function findBySession(db: Queryable, tokenHash: Uint8Array, at: Date): Promise<OperatorRow | null> {
  const [row] = await db.query<BySomebody>(
    `select ${OPERATOR}, sign_in.issuer from sign_in join operator using (operator_id)
     where sign_in.token_hash = $1 and sign_in.expires_at > $2 and operator.disabled_at is null`,
    [tokenHash, at],
  );
  return row ? signedInBy(row, row.issuer) : null;
}

export interface NewOperatorRow {
  readonly operatorId: string;
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: DataScope;
  /** Null for an API key. */
  readonly passwordHash: string | null;
  readonly mustChangePassword: boolean;
  readonly createdAt: Date;
}

const INSERT = `insert into operator (operator_id, login, name, password_hash, role, scope, must_change_password, created_at)`;
const valuesOf = (one: NewOperatorRow) => [
  one.operatorId,
  one.login,
  one.name,
  one.passwordHash,
  one.role,
  JSON.stringify(one.scope),
  one.mustChangePassword,
  one.createdAt,
];

/** @returns false when there is an operator already */
export async function insertFirstOperator(db: Queryable, operator: NewOperatorRow): Promise<boolean> {
  const rows = await db.query(
    `${INSERT} select $1, $2, $3, $4, $5, $6, $7, $8 where not exists (select 1 from operator)
     on conflict (login) do nothing returning operator_id`,
    valuesOf(operator),
  );
  return rows.length > 0;
}

/** @returns false where the login is taken */
export async function insertOperator(tx: Queryable, operator: NewOperatorRow): Promise<boolean> {
  const rows = await tx.query(
    `${INSERT} values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (login) do nothing returning operator_id`,
    valuesOf(operator),
  );
  return rows.length > 0;
}

/** Ends the operator's sessions and lock-out too. `keep`: the hash of the session's token that goes on. */
export async function replacePassword(
  tx: Queryable,
  operatorId: string,
  passwordHash: string,
  { mustChange, keep }: { readonly mustChange: boolean; readonly keep?: Uint8Array },
): Promise<void> {
  await tx.query(
    `update operator set password_hash = $2, must_change_password = $3, failures = 0, locks = 0, locked_until = null
     where operator_id = $1`,
    [operatorId, passwordHash, mustChange],
  );
  await deleteSessions(tx, operatorId, keep);
}

export interface NewSession {
  readonly tokenHash: Uint8Array;
  readonly sessionId: string;
  readonly operatorId: string;
  readonly remote: string;
  /** By whose word; null for a password. */
  readonly issuer: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Also forgets the sessions and tickets that are over, and the operator's failed attempts. */
export async function insertSession(tx: Queryable, session: NewSession): Promise<void> {
  await tx.query(
    `with old as (delete from sign_in where expires_at <= $5), stale as (delete from sign_in_ticket where expires_at <= $5),
          who as (update operator set failures = 0, locks = 0, locked_until = null, last_sign_in_at = $5 where operator_id = $3)
     insert into sign_in (token_hash, session_id, operator_id, remote, created_at, expires_at, issuer)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      session.tokenHash,
      session.sessionId,
      session.operatorId,
      session.remote,
      session.createdAt,
      session.expiresAt,
      session.issuer,
    ],
  );
}

export async function deleteSession(db: Queryable, tokenHash: Uint8Array): Promise<void> {
  await db.query('delete from sign_in where token_hash = $1', [tokenHash]);
}

export async function deleteSessions(tx: Queryable, operatorId: string, keep?: Uint8Array): Promise<void> {
  await tx.query('delete from sign_in where operator_id = $1 and ($2::bytea is null or token_hash <> $2)', [
    operatorId,
    keep ?? null,
  ]);
  await tx.query('delete from sign_in_ticket where operator_id = $1', [operatorId]);
}

export interface SessionRow extends Record<string, unknown> {
  sessionId: string;
  createdAt: Date;
  expiresAt: Date;
  remote: string;
  current: boolean;
}

export async function selectSessions(
  db: Queryable,
  operatorId: string,
  current: Uint8Array,
  at: Date,
): Promise<SessionRow[]> {
  return db.query<SessionRow>(
    `select session_id as "sessionId", created_at as "createdAt", expires_at as "expiresAt", remote,
            token_hash = $2 as current
     from sign_in where operator_id = $1 and expires_at > $3 order by created_at desc`,
    [operatorId, current, at],
  );
}

export async function deleteOneSession(db: Queryable, operatorId: string, sessionId: string): Promise<void> {
  await db.query('delete from sign_in where operator_id = $1 and session_id = $2', [operatorId, sessionId]);
}

export async function insertTicket(
  tx: Queryable,
  ticket: Pick<NewSession, 'operatorId' | 'issuer' | 'expiresAt'> & { readonly ticketHash: Uint8Array },
): Promise<void> {
  await tx.query('insert into sign_in_ticket (ticket_hash, operator_id, issuer, expires_at) values ($1, $2, $3, $4)', [
    ticket.ticketHash,
    ticket.operatorId,
    ticket.issuer,
    ticket.expiresAt,
  ]);
}

export async function findByTicket(db: Queryable, ticketHash: Uint8Array, at: Date): Promise<BySomebody | null> {
  const rows = await db.query<BySomebody>(
    `select ${OPERATOR}, ticket.issuer from sign_in_ticket ticket join operator using (operator_id)
     where ticket.ticket_hash = $1 and ticket.expires_at > $2 and operator.disabled_at is null`,
    [ticketHash, at],
  );
  return rows[0] ?? null;
}

/** @returns false where somebody else just used it */
export async function deleteTicket(tx: Queryable, ticketHash: Uint8Array): Promise<boolean> {
  const rows = await tx.query('delete from sign_in_ticket where ticket_hash = $1 returning 1', [ticketHash]);
  return rows.length === 1;
}

export async function extendSession(db: Queryable, tokenHash: Uint8Array, now: Date, expiresAt: Date): Promise<void> {
  await db.query('update sign_in set expires_at = $3 where token_hash = $1 and expires_at > $2', [
    tokenHash,
    now,
    expiresAt,
  ]);
}
