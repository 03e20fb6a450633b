import {
  type Caller,
  collectorFramesPath,
  type DataScope,
  gridEventsPath,
  ROLES,
  type Role,
  type Route,
  type RouteName,
  routes,
  scopeOf,
} from '@openprepay/contract';
import { systemClock, uuidV7 } from '@openprepay/kernel';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerOf } from '../test-support/callers.ts';
import { fillMarket, knownOf } from '../test-support/full-market.ts';
import { seedMarket } from '../test-support/market.ts';
import { handlers as real } from './handlers.ts';
import { createApiKey } from './identity/api-keys.ts';
import { insertSession } from './identity/store.ts';
import { type Office, openOffice } from './identity/test-support/staff.ts';
import { hashToken } from './identity/tokens.ts';
import type { Handlers } from './platform/handlers.ts';
import { buildHttp } from './platform/http.ts';
import { httpError } from './platform/http-errors.ts';
import { SESSION_COOKIE } from './platform/http-guard.ts';
import { sample } from './platform/test-support/sample.ts';
import { bodyNamesPlace, NAMES, pathOf, queryOf } from './platform/test-support/stub-http.ts';

/*
 * Every route × everybody who may call × whose data is asked for, on two markets that have something of everything. Routes that
 * only read answer with the real rooms, and what they answer is searched for anything of the other market; those that change
 * something only say that they were reached, so that no cell changes what the next one finds.
 */

interface Who {
  readonly words: string;
  readonly caller: Caller | null;
  readonly isKey: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** The caller's market in the path; another's; the caller's own with what belongs to another. */
const TARGETS = ['own', 'other', 'mixed'] as const;
type Target = (typeof TARGETS)[number];

let office: Office;
let app: FastifyInstance;
let everybody: readonly Who[];
const params: Record<Target, Record<string, string>> = { own: {}, other: {}, mixed: {} };
/** Ids of the market that is not the caller's, and of the building of his own market that is not his. */
let otherIds: ReadonlySet<string>;
let hiddenIds: ReadonlySet<string>;

const GUARD_CODES = ['http.not_signed_in', 'http.forbidden', 'http.out_of_scope', 'http.session_only'];

/** Every id in the rows of a market. Those of people are not the market's. */
async function idsOf(where: string, values: readonly unknown[]): Promise<Set<string>> {
  const columns = await office.ctx.db.query<{ table: string; column: string }>(
    `select c.table_name as "table", c.column_name as "column" from information_schema.columns c
     join information_schema.columns m on m.table_name = c.table_name and m.column_name = 'market_id'
     where c.table_schema = 'public' and c.data_type = 'uuid' and c.column_name !~ 'operator|_by$|market_id'`,
  );
  const ids = new Set<string>();
  for (const { table, column } of columns) {
    const rows = await office.ctx.db.query<{ id: string | null }>(
      `select distinct ${column}::text as id from ${table} where ${where}`,
      values,
    );
    for (const { id } of rows) if (id !== null) ids.add(id);
  }
  return ids;
}

async function sessionOf(caller: Caller, words: string): Promise<Who> {
  const token = `${caller.login} token`;
  await insertSession(office.ctx.db, {
    tokenHash: hashToken(token),
    sessionId: uuidV7(systemClock.now()),
    operatorId: caller.operatorId,
    remote: '10.0.0.1',
    issuer: null,
    createdAt: systemClock.now(),
    expiresAt: new Date(systemClock.now().getTime() + 3_600_000),
  });
  return { words, caller, isKey: false, headers: { cookie: `${SESSION_COOKIE}=${encodeURIComponent(token)}` } };
}

async function keyOf(boss: Caller, role: Role, scope: DataScope): Promise<Who> {
  const { key, keyId } = await createApiKey(office.ctx, boss, { name: `key ${role}`, role, scope, days: 1 });
  const caller = callerOf({ operatorId: keyId, login: role, name: role, role }, { scope });
  return { words: `key of the market, ${role}`, caller, isKey: true, headers: { authorization: `Bearer ${key}` } };
}

beforeAll(async () => {
  office = await openOffice();
  const { ctx } = office;
  const boss = await office.hire('boss', 'admin');
  const mine = await seedMarket(ctx.db, { meters: 2 });
  const others = await seedMarket(ctx.db, { meters: 2 });
  await fillMarket(office, mine, boss.operatorId, '');
  await fillMarket(office, others, boss.operatorId, 'OTHER-');

  // The second stall of the market moves to a building of its own.
  const { marketId } = mine;
  const [hidden] = mine.meters.slice(1);
  const [mineBuilding, hiddenBuilding] = [uuidV7(ctx.clock.now()), uuidV7(ctx.clock.now())];
  for (const [id, name] of [
    [mineBuilding, 'Mine'],
    [hiddenBuilding, 'HIDDEN'],
  ]) {
    await ctx.db.query('insert into building (market_id, building_id, name) values ($1, $2, $3)', [marketId, id, name]);
  }
  await ctx.db.query(
    `update stall set building_id = case when stall_id = $2 then $3::uuid else $4::uuid end where market_id = $1`,
    [marketId, hidden?.stallId, hiddenBuilding, mineBuilding],
  );
  otherIds = await idsOf('market_id = $1', [others.marketId]);
  otherIds = new Set([...otherIds, others.marketId]);
  hiddenIds = new Set([hidden?.stallId ?? '', hidden?.meterId ?? '', hidden?.accountId ?? '', hiddenBuilding]);

  const [theirs] = await ctx.db.query<{ id: string }>('select building_id as id from building where market_id = $1', [
    others.marketId,
  ]);
  params.own = { ...(await knownOf(office, mine)), buildingId: mineBuilding };
  params.other = { ...(await knownOf(office, others)), buildingId: theirs?.id ?? '' };
  params.mixed = { ...params.other, marketId };
  const market: DataScope = { kind: 'markets', marketIds: [marketId] };
  const building: DataScope = { kind: 'buildings', marketId, buildingIds: [mineBuilding] };
  const who: Who[] = [{ words: 'nobody', caller: null, isKey: false, headers: {} }];
  for (const role of ROLES) {
    who.push(
      await sessionOf(await office.hire(`group.${role}`, role), `group, ${role}`),
      await sessionOf(await office.hire(`market.${role}`, role, market), `market, ${role}`),
      await sessionOf(await office.hire(`building.${role}`, role, building), `building, ${role}`),
      await keyOf(boss, role, market),
    );
  }
  everybody = who;
  app = await buildHttp(ctx, { handlers: onlyReading(), consoleDir: null, version: '1', clockSpeed: 1 });
});
afterAll(() => app.close());

const reached = () => {
  throw httpError('http.bad_answer', 'somebody got so far');
};

/** The rooms themselves where they only read; elsewhere, and for the streams, the word that somebody got so far. */
function onlyReading(): Handlers {
  const changing = NAMES.filter((name) => routes[name].method !== 'GET');
  const stubs = changing.map((name) => ({ [name]: async () => sample(routes[name].response) }));
  return Object.assign({}, real, ...stubs, { gridEvents: reached, collectorFrameEvents: reached });
}

/** What the guard must say, worked out from the contract alone; null where it lets in. */
function refusalOf(route: Route, { caller, isKey }: Who, target: Target): string | null {
  if (route.roles === 'public') return null;
  if (caller === null) return 'http.not_signed_in';
  if (isKey && route.sessionOnly) return 'http.session_only';
  if (!route.roles.includes(caller.role)) return 'http.forbidden';
  const needed = scopeOf(route);
  const { kind } = caller.scope;
  if (needed === 'self' || kind === 'group') return null;
  const isEnough = needed === 'building' || (needed === 'market' && kind === 'markets');
  if (!isEnough) return 'http.out_of_scope';
  if (!route.path.includes(':marketId')) return null;
  if (target === 'other') return 'http.out_of_scope';
  const namesPlace =
    bodyNamesPlace(route) || /:(stallId|meterId|accountId|txId|photoId|holdId|shiftId|buildingId)/.test(route.path);
  if (kind === 'buildings' && route.path.includes(':shiftId')) return 'http.out_of_scope';
  return kind === 'buildings' && namesPlace && target === 'mixed' ? 'http.out_of_scope' : null;
}

/** What an answer must not hold: the rows of those whose data the caller may not see, or did not ask for. */
function leakIn(body: string, { caller }: Who, target: Target, url: string): string[] {
  const isGroup = caller === null || caller.scope.kind === 'group';
  if (isGroup && (target === 'other' || !url.includes('/markets/'))) return [];
  const asked = new Set(url.split(/[/?&=]/));
  const ids = caller?.scope.kind === 'buildings' ? [...otherIds, ...hiddenIds] : [...otherIds];
  const leaks = ids.filter((id) => !asked.has(id) && body.includes(id));
  if (body.includes('OTHER-')) leaks.push('OTHER-');
  if (caller?.scope.kind === 'buildings' && body.includes('HIDDEN')) leaks.push('HIDDEN');
  return leaks;
}

interface Cell {
  readonly name: string;
  readonly route: Route;
  readonly target: Target;
}

const targetsOf = ({ path }: Route): readonly Target[] => (path.includes(':marketId') ? TARGETS : ['own']);
const ofRoute = (name: string, route: Route): Cell[] => targetsOf(route).map((target) => ({ name, route, target }));
const CELLS: readonly Cell[] = [
  ...NAMES.flatMap((name: RouteName) => ofRoute(name, routes[name])),
  ...ofRoute('gridEvents', { ...routes.grid, path: gridEventsPath }),
  ...ofRoute('collectorFrameEvents', { ...routes.collectorFrames, path: collectorFramesPath }),
];

/** A right body, about what there is. */
function withPlaces(part: unknown, known: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(part)) return part.map((item) => withPlaces(item, known));
  if (typeof part !== 'object' || part === null) return part;
  const fields = Object.entries(part).map(([name, value]) => {
    if (name === 'stallIds' || name === 'meterIds') return [name, [known[name.slice(0, -1)]]];
    return [name, ['stallId', 'meterId', 'accountId'].includes(name) ? known[name] : withPlaces(value, known)];
  });
  return Object.fromEntries(fields);
}

async function look({ name, route, target }: Cell, who: Who): Promise<string | null> {
  const url = pathOf(route, params[target]);
  const response = await app.inject({
    method: route.method,
    url,
    query: queryOf(route),
    headers: who.headers,
    ...(route.body && { payload: withPlaces(sample(route.body), params[target]) as object }),
  });
  const { code } = response.statusCode < 400 ? { code: null } : response.json<{ code: string }>();
  const refusal = refusalOf(route, who, target);
  const said = GUARD_CODES.includes(code ?? '') ? code : null;
  const words = `${name} by ${who.words} of ${target}`;
  if (said !== refusal) return `${words}: ${said ?? 'let in'} in place of ${refusal ?? 'letting in'}`;
  if (refusal !== null) return null;
  if (code === 'internal') return `${words}: broke`;
  const leaks = leakIn(response.body, who, target, url);
  return leaks.length > 0 ? `${words}: leaks ${leaks.join(', ')}` : null;
}

let cells = 0;

test.each(CELLS)('$name of $target, by everybody', async (cell) => {
  const wrong: string[] = [];
  for (const who of everybody) {
    cells += 1;
    const found = await look(cell, who);
    if (found !== null) wrong.push(found);
  }
  expect(wrong).toEqual([]);
});

/** Amounts of the market's own rules; and approvals, which say for how much somebody asks. */
const RULES: readonly string[] = ['markets', 'marketTerms', 'alarmLadder', 'switchingRules', 'approvals', 'approval'];

/** The names of all amounts in an answer, wherever they are. */
function amountsIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) =>
    name.endsWith('Fen') && typeof value === 'number' ? [name] : amountsIn(value),
  );
}

test('what tenants have and pay is told to everybody but a technician, whatever he asks', async () => {
  const whoIs = (words: string) => everybody.find((one) => one.words === words)?.headers ?? {};
  const reads = NAMES.filter((name) => routes[name].method === 'GET' && !RULES.includes(name));
  const told = { 'market, admin': new Set<string>(), 'market, technician': new Set<string>() };
  for (const name of reads) {
    for (const [words, routesTold] of Object.entries(told)) {
      const url = pathOf(routes[name], params.own);
      const { headers, body } = await app.inject({ url, query: queryOf(routes[name]), headers: whoIs(words) });
      const isJson = String(headers['content-type']).includes('json');
      if (isJson && amountsIn(JSON.parse(body)).length > 0) routesTold.add(name);
    }
  }
  expect([...told['market, technician']]).toEqual([]);
  expect([...told['market, admin']]).toEqual(
    expect.arrayContaining(['grid', 'stall', 'switchWhy', 'account', 'proof']),
  );
});

test('no cell is left out, and what is searched for is there to be found', async () => {
  expect(cells).toBe(CELLS.length * (1 + 4 * ROLES.length));
  expect(cells).toBeGreaterThan(6_000);
  expect(otherIds.size).toBeGreaterThan(20);
  const boss = everybody.find(({ words }) => words === 'group, admin');
  const found = new Set<string>();
  for (const name of ['grid', 'meters', 'exceptions', 'holds', 'stall', 'receipts', 'approvals', 'audit'] as const) {
    const url = pathOf(routes[name], params.other);
    const { body } = await app.inject({ url, headers: boss?.headers ?? {} });
    expect([name, [...otherIds].some((id) => body.includes(id))]).toEqual([name, true]);
    for (const id of otherIds) if (body.includes(id)) found.add(id);
  }
  expect(found.size).toBeGreaterThan(10);
});
