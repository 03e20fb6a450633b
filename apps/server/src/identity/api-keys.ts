import type { AuditAction, Caller, DataScope, Role } from '@openprepay/contract';
import { type Clock, systemClock, uuidV7 } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import type { Row, Tx } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { callerOf } from './caller.ts';
import { identityError } from './errors.ts';
import { covers, mayGrant } from './scope.ts';
import { requireScope } from './staff.ts';
import { insertOperator, OPERATOR, type OperatorRow } from './store.ts';
import { hashToken, newToken } from './tokens.ts';

/** By which a key is known as one, to people and to programs that look for secrets in places where none should be. */
const MARK = 'opk_';
const SHOWN = MARK.length + 8;
const DAY_MS = 86_400_000;
/** How exact "last used" is: a key that is used all the time writes no more often. */
const USE_NOTED_EVERY_MS = 60_000;

interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly scope: DataScope;
  readonly days: number;
}

/**
 * Makes a key, an operator of its own. It is worth no more than its maker: it ends where he may no longer give it.
 * @returns the key, known only now
 * @throws identity.beyond_own, identity.no_such_place
 */
export async function createApiKey(ctx: Context, caller: Caller, one: NewKey, realClock: Clock = systemClock) {
  const { name, role, scope, days } = one;
  if (!mayGrant(caller.role, role)) {
    throw identityError('identity.beyond_own', 'nobody gives more than he may do himself');
  }
  const createdAt = realClock.now();
  const expiresAt = new Date(createdAt.getTime() + days * DAY_MS);
  const key = `${MARK}${newToken()}`;
  const prefix = key.slice(0, SHOWN);
  const keyId = uuidV7(createdAt);
  await ctx.db.tx(async (tx) => {
    await requireScope(tx, caller, scope);
    const row = { operatorId: keyId, login: `key:${prefix}`, name, role, scope, createdAt };
    await insertOperator(tx, { ...row, passwordHash: null, mustChangePassword: false });
    await tx.query(
      `insert into api_key (key_hash, operator_id, prefix, made_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [hashToken(key), keyId, prefix, caller.operatorId, createdAt, expiresAt],
    );
    await audit(tx, ctx, caller, 'identity.create_key', keyId, { name, prefix, role, scope, expiresAt });
  });
  return { keyId, key, expiresAt: expiresAt.toISOString() };
}

interface KeyRow extends Row {
  readonly name: string;
  readonly prefix: string;
  readonly scope: DataScope;
  readonly makerId: string;
  readonly revokedAt: Date | null;
}

/** A market manager looks after the keys he made, group operators and auditors after all within their scope. */
const looksAfter = ({ operatorId, role, scope }: Caller, key: KeyRow): boolean =>
  key.makerId === operatorId || (role !== 'manager' && covers(scope, key.scope));

/** @throws identity.no_such_key */
export async function revokeApiKey(ctx: Context, caller: Caller, keyId: string, realClock: Clock = systemClock) {
  await ctx.db.tx(async (tx) => {
    const [row] = await tx.query<KeyRow>(
      `select operator.name, prefix, operator.scope, made_by as "makerId", revoked_at as "revokedAt"
       from api_key join operator using (operator_id) where api_key.operator_id = $1 for update of api_key`,
      [keyId],
    );
    if (!row || !looksAfter(caller, row)) throw identityError('identity.no_such_key', 'there is no such key');
    if (row.revokedAt !== null) return;
    await tx.query('update api_key set revoked_at = $2 where operator_id = $1', [keyId, realClock.now()]);
    await audit(tx, ctx, caller, 'identity.revoke_key', keyId, { name: row.name, prefix: row.prefix });
  });
}

interface HolderRow extends OperatorRow {
  makerRole: Role;
  makerScope: DataScope;
  lastUsedAt: Date | null;
}

/** The operator that a key is; null where it is none, over, revoked, or more than its maker may give today. */
export async function keyHolderOf(ctx: Context, key: string, realClock: Clock = systemClock): Promise<Caller | null> {
  if (!key.startsWith(MARK)) return null;
  const now = realClock.now();
  const [row] = await ctx.db.query<HolderRow>(
    `select ${OPERATOR}, maker.role as "makerRole", maker.scope as "makerScope", api_key.last_used_at as "lastUsedAt"
     from api_key join operator using (operator_id) join operator maker on maker.operator_id = api_key.made_by
     where key_hash = $1 and revoked_at is null and expires_at > $2 and maker.disabled_at is null`,
    [hashToken(key), now],
  );
  if (!row || !mayGrant(row.makerRole, row.role) || !covers(row.makerScope, row.scope)) return null;
  if (row.lastUsedAt === null || now.getTime() - row.lastUsedAt.getTime() >= USE_NOTED_EVERY_MS) {
    await ctx.db.query('update api_key set last_used_at = $2 where operator_id = $1', [row.operatorId, now]);
  }
  // What is asked of people first, a key cannot do.
  return { ...callerOf(row), mustFirst: null };
}

const audit = (tx: Tx, ctx: Context, caller: Caller, action: AuditAction, keyId: string, after: object) =>
  recordAudit(tx, {
    at: ctx.clock.now(),
    marketId: INSTALLATION,
    operatorId: caller.operatorId,
    action,
    subject: `key:${keyId}`,
    after,
  });
