import { uuidV7 } from '@openprepay/kernel';
import { START } from '../../../test-support/market.ts';
import type { Context } from '../../platform/context.ts';
import type { Act } from '../meters.ts';
import { saveNbProducts } from '../nb-products.ts';

export interface TestMarketPlace extends Act {
  /** Ids of stalls `A-1` to `A-3`. */
  readonly stalls: readonly [string, string, string];
}

let operators = 0;

/** A market with three stalls, a DTU gateway `dtu-1`, a platform product and a technician, and nothing in its register. */
export async function seedPlace(ctx: Context, tag: string): Promise<TestMarketPlace> {
  const [marketId, buildingId, operatorId] = [uuidV7(START), uuidV7(START), uuidV7(START)];
  const stalls = [uuidV7(START), uuidV7(START), uuidV7(START)] as const;
  operators += 1;
  await ctx.db.query('insert into market (market_id, code, name, created_at) values ($1, $2, $2, $3)', [
    marketId,
    tag,
    START,
  ]);
  await ctx.db.query(`insert into building (market_id, building_id, name) values ($1, $2, 'A')`, [
    marketId,
    buildingId,
  ]);
  await ctx.db.query(
    `insert into stall (market_id, stall_id, building_id, code, stall_type)
     select $1, stall_id, $2, 'A-' || n, 'fish' from unnest($3::uuid[]) with ordinality as t (stall_id, n)`,
    [marketId, buildingId, [...stalls]],
  );
  await ctx.db.query(
    `insert into gateway (link, link_key, market_id, name, created_at) values ('dtu', $2, $1, 'Hall', $3)`,
    [marketId, `dtu-${tag}`, START],
  );
  await saveNbProducts(ctx.db, marketId, [
    {
      platform: 'ctwing',
      productId: `product-${tag}`,
      baseUrl: 'http://127.0.0.1:9',
      appKey: 'k',
      appSecret: 's',
      masterKey: 'm',
      pushToken: `token-of-${tag}-and-more`,
      allowedSources: [],
    },
  ]);
  await ctx.db.query(
    `insert into operator (operator_id, login, name, password_hash, role, created_at)
     values ($1, $2, '技术员', '', 'technician', $3)`,
    [operatorId, `technician-${operators}`, START],
  );
  return { marketId, operatorId, stalls };
}

/** What the audit has of a market, in no order: what happens in one millisecond has none. */
export async function auditOf(ctx: Context, { marketId }: Act, subject: string) {
  return ctx.db.query<{ action: string; reason: string | null; before: unknown; after: unknown }>(
    'select action, reason, before, after from audit where market_id = $1 and subject = $2',
    [marketId, subject],
  );
}
