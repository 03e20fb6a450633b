import type { IssuerLink } from '@openprepay/contract';
import type { Queryable, Tx } from '../platform/database.ts';
import type { Questions } from './issuer.ts';
import { OPERATOR, type OperatorRow } from './store.ts';

/** Also forgets those that are over. */
export async function insertAttempt(
  db: Queryable,
  tokenHash: Uint8Array,
  stateHash: Uint8Array,
  { nonce, verifier, redirectUri }: Questions,
  { now, expiresAt }: { readonly now: Date; readonly expiresAt: Date },
): Promise<void> {
  await db.query(
    `with stale as (delete from sign_in_attempt where expires_at <= $6)
     insert into sign_in_attempt (token_hash, state_hash, nonce, verifier, redirect_uri, expires_at)
     values ($1, $2, $3, $4, $5, $7)`,
    [tokenHash, stateHash, nonce, verifier, redirectUri, now, expiresAt],
  );
}

type AttemptRow = Omit<Questions, 'state'> & Record<string, unknown>;

/** Takes it, once; null where there is none, in this browser and with this state, that is not over. */
export async function takeAttempt(
  db: Queryable,
  tokenHash: Uint8Array,
  stateHash: Uint8Array,
  now: Date,
): Promise<AttemptRow | null> {
  const rows = await db.query<AttemptRow>(
    `delete from sign_in_attempt where token_hash = $1 and state_hash = $2 and expires_at > $3
     returning nonce, verifier, redirect_uri as "redirectUri"`,
    [tokenHash, stateHash, now],
  );
  return rows[0] ?? null;
}

export interface LinkedRow extends OperatorRow {
  disabledAt: Date | null;
  lockedUntil: Date | null;
}

export async function findBySubject(db: Queryable, issuer: string, subject: string): Promise<LinkedRow | null> {
  const rows = await db.query<LinkedRow>(
    `select ${OPERATOR}, operator.disabled_at as "disabledAt", operator.locked_until as "lockedUntil"
     from operator_link link join operator using (operator_id) where link.issuer = $1 and link.subject = $2`,
    [issuer, subject],
  );
  return rows[0] ?? null;
}

/** @returns the operator who was waited for under this e-mail, and is this subject from now on */
export async function bindSubject(tx: Tx, issuer: string, email: string, subject: string): Promise<string | null> {
  const rows = await tx.query<{ operator_id: string }>(
    `update operator_link set subject = $3, email = null where issuer = $1 and email = $2 returning operator_id`,
    [issuer, email, subject],
  );
  return rows[0]?.operator_id ?? null;
}

export async function linkOf(db: Queryable, operatorId: string): Promise<IssuerLink | null> {
  const rows = await db.query<IssuerLink & Record<string, unknown>>(
    'select issuer, subject, email from operator_link where operator_id = $1',
    [operatorId],
  );
  return rows[0] ?? null;
}

/** In place of the one before. @returns false where another operator is that already */
export async function replaceLink(tx: Tx, operatorId: string, link: IssuerLink, at: Date): Promise<boolean> {
  await deleteLink(tx, operatorId);
  const rows = await tx.query(
    `insert into operator_link (operator_id, issuer, subject, email, linked_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning 1`,
    [operatorId, link.issuer, link.subject, link.email, at],
  );
  return rows.length === 1;
}

/** Ends the sessions that began by it too. */
export async function deleteLink(tx: Tx, operatorId: string): Promise<void> {
  await tx.query('delete from operator_link where operator_id = $1', [operatorId]);
  await tx.query('delete from sign_in where operator_id = $1 and issuer is not null', [operatorId]);
  await tx.query('delete from sign_in_ticket where operator_id = $1 and issuer is not null', [operatorId]);
}
