import { type Caller, type Route, type RouteName, routes } from '@openprepay/contract';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerOf } from '../test-support/callers.ts';
import { fillMarket, knownOf } from '../test-support/full-market.ts';
import { seedMarket } from '../test-support/market.ts';
import { handlers } from './handlers.ts';
import { type Office, openOffice } from './identity/test-support/staff.ts';
import { buildHttp } from './platform/http.ts';
import { SESSION_COOKIE } from './platform/http-guard.ts';
import { sample } from './platform/test-support/sample.ts';
import { NAMES, pathOf } from './platform/test-support/stub-http.ts';

/*
 * Every route that changes something, called by whoever may for his own market with what belongs to another: nothing of the
 * other market changes.
 */

const CHANGING = NAMES.filter(
  (name) => routes[name].method !== 'GET' && (routes[name] as Route).path.startsWith('/api/markets/:marketId/'),
);
/** What a path cannot name of another market without being refused. Other names are the caller's to choose. */
const OF_A_MARKET = /:(stallId|meterId|accountId|txId|holdId|approvalId|shiftId)\b/;

let office: Office;
let app: FastifyInstance;
let caller: Caller;
let mineId: string;
let others: Record<string, string>;
let tables: string[];

beforeAll(async () => {
  office = await openOffice();
  const { ctx } = office;
  const [mine, other] = [await seedMarket(ctx.db), await seedMarket(ctx.db)];
  mineId = mine.marketId;
  const boss = await office.hire('boss', 'admin');
  caller = callerOf(boss, { scope: { kind: 'markets', marketIds: [mineId] } });
  await fillMarket(office, mine, boss.operatorId, 'MINE-');
  await fillMarket(office, other, (await office.hire('ann', 'cashier')).operatorId, 'OTHER-');
  others = await knownOf(office, other);
  const found = await ctx.db.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'market_id' order by table_name`,
  );
  tables = found.map(({ name }) => name);
  const operatorOf = async () => caller;
  app = await buildHttp(ctx, { handlers: { ...handlers, operatorOf }, consoleDir: null, version: '1', clockSpeed: 1 });
});
afterAll(() => app.close());

/** All rows of the other market, as one value. */
async function fingerprint(): Promise<string[]> {
  const parts = tables.map(
    (table) => `select '${table} ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '-') as part
                from ${table} t where market_id = $1`,
  );
  const rows = await office.ctx.db.query<{ part: string }>(parts.join(' union all '), [others['marketId']]);
  return rows.map(({ part }) => part);
}

/** A right body, with the other market's ids wherever one is asked for by name. */
function bodyOf({ body }: Route): object {
  const given = sample(body ?? {}) as Record<string, unknown>;
  const known = Object.entries(others).filter(([name]) => name in given);
  return { ...given, ...Object.fromEntries(known) };
}

test.each(CHANGING)('%s with what is another market’s changes nothing there', async (name: RouteName) => {
  const route: Route = routes[name];
  caller = { ...caller, role: route.roles === 'public' ? 'admin' : (route.roles[0] ?? 'admin') };
  const before = await fingerprint();
  const response = await app.inject({
    method: route.method,
    url: pathOf(route, { ...others, marketId: mineId }),
    cookies: { [SESSION_COOKIE]: 'x' },
    ...(route.body && { payload: bodyOf(route) }),
  });
  expect(await fingerprint()).toEqual(before);
  expect([response.statusCode, response.body]).not.toEqual([500, expect.anything()]);
  if (OF_A_MARKET.test(route.path)) expect([response.body, response.statusCode >= 400]).toEqual([response.body, true]);
});

test('what would change is seen to', async () => {
  expect(CHANGING.length).toBeGreaterThan(35);
  const before = await fingerprint();
  await office.ctx.db.query('update stall set protected = not protected where market_id = $1', [others['marketId']]);
  expect(await fingerprint()).not.toEqual(before);
});
