import type { Role } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';

export interface OperatorRow extends Record<string, unknown> {
  operatorId: string;
  login: string;
  name: string;
  role: Role;
}

const OPERATOR = `operator.operator_id as "operatorId", operator.login, operator.name, operator.role`;

export async function findByLogin(
  db: Queryable,
  login: string,
): Promise<(OperatorRow & { passwordHash: string }) | null> {
  const rows = await db.query<OperatorRow & { passwordHash: string }>(
    `select ${OPERATOR}, operator.password_hash as "passwordHash" from operator
     where login = $1 and disabled_at is null`,
    [login],
  );
  return rows[0] ?? null;
}

export async function findBySession(db: Queryable, tokenHash: Uint8Array, at: Date): Promise<OperatorRow | null> {
  const rows = await db.query<OperatorRow>(
    `select ${OPERATOR} from sign_in join operator using (operator_id)
     where sign_in.token_hash = $1 and sign_in.expires_at > $2 and operator.disabled_at is null`,
    [tokenHash, at],
  );
  return rows[0] ?? null;
}

/** @returns false when there is an operator already */
export async function insertFirstOperator(
  db: Queryable,
  operator: OperatorRow & { passwordHash: string; createdAt: Date },
): Promise<boolean> {
  const rows = await db.query(
    `insert into operator (operator_id, login, name, password_hash, role, created_at)
     select $1, $2, $3, $4, $5, $6 where not exists (select 1 from operator)
     on conflict (login) do nothing returning operator_id`,
    [operator.operatorId, operator.login, operator.name, operator.passwordHash, operator.role, operator.createdAt],
  );
  return rows.length > 0;
}

/** @returns false where the login is taken */
export async function insertOperator(
  tx: Queryable,
  operator: OperatorRow & { passwordHash: string; createdAt: Date },
): Promise<boolean> {
  const rows = await tx.query(
    `insert into operator (operator_id, login, name, password_hash, role, created_at)
     values ($1, $2, $3, $4, $5, $6) on conflict (login) do nothing returning operator_id`,
    [operator.operatorId, operator.login, operator.name, operator.passwordHash, operator.role, operator.createdAt],
  );
  return rows.length > 0;
}

/** Ends the operator's sessions too. */
export async function replacePassword(tx: Queryable, operatorId: string, passwordHash: string): Promise<void> {
  await tx.query('update operator set password_hash = $2 where operator_id = $1', [operatorId, passwordHash]);
  await tx.query('delete from sign_in where operator_id = $1', [operatorId]);
}

/** Also forgets the sessions that are over. */
export async function insertSession(
  tx: Queryable,
  session: { tokenHash: Uint8Array; operatorId: string; createdAt: Date; expiresAt: Date },
): Promise<void> {
  await tx.query('delete from sign_in where expires_at <= $1', [session.createdAt]);
  await tx.query('insert into sign_in (token_hash, operator_id, created_at, expires_at) values ($1, $2, $3, $4)', [
    session.tokenHash,
    session.operatorId,
    session.createdAt,
    session.expiresAt,
  ]);
}

export async function deleteSession(db: Queryable, tokenHash: Uint8Array): Promise<void> {
  await db.query('delete from sign_in where token_hash = $1', [tokenHash]);
}
