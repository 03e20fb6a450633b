import type { DataScope, Role } from '@openprepay/contract';
import type { Queryable, Tx } from '../platform/database.ts';

/** API keys are no people. */
export const PEOPLE = 'not exists (select from api_key where api_key.operator_id = operator.operator_id)';

export interface Member {
  readonly operatorId: string;
  readonly login: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: DataScope;
  readonly disabledAt: Date | null;
}

/** Locked, so that one person at a time changes him. */
export async function lockMember(tx: Tx, operatorId: string): Promise<Member | null> {
  const rows = await tx.query<Member & Record<string, unknown>>(
    `select operator_id as "operatorId", login, name, role, scope, disabled_at as "disabledAt"
     from operator where operator_id = $1 and ${PEOPLE} for update`,
    [operatorId],
  );
  return rows[0] ?? null;
}

/** Everybody who looks after all operators, locked: whether there is another is asked by one at a time. */
export async function lockGroupAdmins(tx: Tx): Promise<string[]> {
  const rows = await tx.query<{ operator_id: string }>(
    `select operator_id from operator
     where role = 'admin' and scope ->> 'kind' = 'group' and disabled_at is null and ${PEOPLE}
     order by operator_id for update`,
  );
  return rows.map((row) => row.operator_id);
}

export async function countGroupAdmins(db: Queryable, without: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from operator
     where role = 'admin' and scope ->> 'kind' = 'group' and disabled_at is null and operator_id <> $1 and ${PEOPLE}`,
    [without],
  );
  return row?.count ?? 0;
}

export async function updateMember(
  tx: Tx,
  operatorId: string,
  change: { readonly name: string; readonly scope: DataScope; readonly disabledAt: Date | null },
): Promise<void> {
  await tx.query('update operator set name = $2, scope = $3, disabled_at = $4 where operator_id = $1', [
    operatorId,
    change.name,
    JSON.stringify(change.scope),
    change.disabledAt,
  ]);
}

export async function updateRole(tx: Tx, operatorId: string, role: Role): Promise<void> {
  await tx.query('update operator set role = $2 where operator_id = $1', [operatorId, role]);
}

/** Whether all markets or buildings that a scope names are there. */
export async function isThere(db: Queryable, scope: DataScope): Promise<boolean> {
  if (scope.kind === 'group') return true;
  if (scope.kind === 'markets') {
    const [row] = await db.query<{ count: number }>(
      'select count(*)::int as count from market where market_id = any($1::uuid[])',
      [scope.marketIds],
    );
    return row?.count === new Set(scope.marketIds).size;
  }
  const [row] = await db.query<{ count: number }>(
    'select count(*)::int as count from building where market_id = $1 and building_id = any($2::uuid[])',
    [scope.marketId, scope.buildingIds],
  );
  return row?.count === new Set(scope.buildingIds).size;
}

export interface PlaceRow extends Record<string, unknown> {
  marketId: string;
  name: string;
  buildings: { buildingId: string; name: string }[];
}

export async function selectPlaces(db: Queryable): Promise<PlaceRow[]> {
  return db.query<PlaceRow>(
    `select market.market_id as "marketId", market.name,
            coalesce(json_agg(json_build_object('buildingId', building_id, 'name', building.name) order by building.name)
                     filter (where building_id is not null), '[]') as buildings
     from market left join building on building.market_id = market.market_id
     group by market.market_id order by market.code`,
  );
}
