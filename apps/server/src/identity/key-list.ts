import { type ApiKey, type ApiKeyPage, type ApiKeyQuery, type Caller, ROLES } from '@openprepay/contract';
import { type Clock, systemClock } from '@openprepay/kernel';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { marketsWithin, scopeWithin } from './scope.ts';

/*
 * API keys by the page: a market manager sees the keys he made, group operators and auditors all within their scope.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<ApiKeyQuery['sort']>, string>> = {
  name: 'key.name',
  role: `array_position(array['${ROLES.join(`','`)}'], key.role)`,
  created: 'key.created_at',
  expires: 'key.expires_at',
  lastUsed: 'key.last_used_at',
};

const MATCHING = `
  from (
    select operator.operator_id, operator.name, operator.role, operator.scope, prefix, made_by, api_key.created_at,
           expires_at, last_used_at, revoked_at,
           case when revoked_at is not null then 'revoked' when expires_at <= $1 then 'expired' else 'live' end as state
    from api_key join operator using (operator_id)) key
  join operator maker on maker.operator_id = key.made_by
  where (key.made_by = $2 or ($3 and ${scopeWithin('key.scope', '$4')}))
    and ($5::text is null or key.role = $5)
    and ($6::text is null or key.scope ->> 'kind' = $6)
    and ($7::text is null or key.state = $7)
    and ($8::text is null or key.name ilike '%' || $8 || '%' or key.prefix ilike '%' || $8 || '%'
         or maker.name ilike '%' || $8 || '%')`;

type KeyRow = Omit<ApiKey, 'createdAt' | 'expiresAt' | 'lastUsedAt' | 'revokedAt'> & {
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
} & Row;

/** In the order asked; where nothing is said newest first, those that are revoked behind. They end by real time. */
export async function listApiKeys(
  db: Queryable,
  caller: Caller,
  query: ApiKeyQuery,
  realClock: Clock = systemClock,
): Promise<ApiKeyPage> {
  const { sort, descending = false, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    realClock.now(),
    caller.operatorId,
    caller.role !== 'manager',
    marketsWithin(caller.scope),
    query.role ?? null,
    query.scope ?? null,
    query.state ?? null,
    likeText(query.text),
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = sort ? `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last` : 'key.revoked_at is not null';
  const rows = await db.query<KeyRow>(
    `select key.operator_id as "keyId", key.name, prefix, key.role, key.scope, maker.name as "madeBy",
            key.created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt",
            revoked_at as "revokedAt", state
     ${MATCHING} order by ${order}, key.created_at desc limit $9 offset $10`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return { total: Number(counted?.total ?? 0), keys: rows.map(keyOf) };
}

const keyOf = (row: KeyRow): ApiKey => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
});
