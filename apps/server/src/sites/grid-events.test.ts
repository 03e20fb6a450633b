import type { AddressInfo } from 'node:net';
import type { GridChange } from '@openprepay/contract';
import type { Static } from 'typebox';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newWorld, type World } from '../control/test-support/world.ts';
import { handlers } from '../handlers.ts';
import { ensureFirstAdmin } from '../identity/service.ts';
import { buildHttp } from '../platform/http.ts';

type Change = Static<typeof GridChange>;

let world: World;
let origin: string;
let cookie: string;

beforeAll(async () => {
  world = await newWorld([{ code: 'A', balanceFen: 5_000 }, { code: 'B', balanceFen: 5_000 }, { code: 'C' }]);
  const admin = await ensureFirstAdmin(world.ctx);
  const app = await buildHttp(world.ctx, { handlers, consoleDir: null, version: 'test', clockSpeed: 1 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  afterAll(() => app.close());
  origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const signedIn = await fetch(`${origin}/api/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(admin),
  });
  cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
});

/** Listens as a browser would; `events` grows as they come. */
async function listen(marketId: string): Promise<{ response: Response; events: Change[]; close(): void }> {
  const abort = new AbortController();
  const response = await fetch(`${origin}/api/markets/${marketId}/grid/events`, {
    headers: { cookie },
    signal: abort.signal,
  });
  const events: Change[] = [];
  const read = async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^event: grid\ndata: (.*)$/.exec(block)?.[1];
        if (data) events.push(JSON.parse(data));
      }
    }
  };
  if (response.ok) read().catch(() => {});
  return { response, events, close: () => abort.abort() };
}

const codes = (change: Change | undefined) => change?.stalls.map((stall) => stall.code);

test('a listener gets the whole grid, then only the cells that changed', async () => {
  const { response, events, close } = await listen(world.marketId);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(codes(events[0])).toEqual(['A', 'B', 'C']);

  await world.topUp('B', 700);
  await vi.waitFor(() => expect(events).toHaveLength(2));
  expect(codes(events[1])).toEqual(['B']);
  expect(events[1]?.stalls[0]?.balanceFen).toBe(5_700);
  expect(events[1]?.summary.todayToppedUpFen).toBe(700);
  close();
});

test('one who comes later gets the whole grid as it is by then, and both hear what changes', async () => {
  const first = await listen(world.marketId);
  await vi.waitFor(() => expect(first.events).toHaveLength(1));
  await world.topUp('A', 100);
  await vi.waitFor(() => expect(first.events).toHaveLength(2));
  const second = await listen(world.marketId);
  await vi.waitFor(() => expect(second.events).toHaveLength(1));
  expect(codes(second.events[0])).toEqual(['A', 'B', 'C']);
  expect(second.events[0]?.stalls[0]?.balanceFen).toBe(5_100);

  first.close();
  await world.topUp('A', 1);
  await vi.waitFor(() => expect(codes(second.events[1])).toEqual(['A']));
  second.close();
});

test('many changes at once come as few events', async () => {
  const { events, close } = await listen(world.marketId);
  await vi.waitFor(() => expect(events).toHaveLength(1));
  const startedAt = performance.now();
  for (let sale = 0; sale < 20; sale++) await world.topUp('B', 1);
  const [{ balance_fen } = { balance_fen: 0n }] = await world.ctx.db.query<{ balance_fen: bigint }>(
    'select balance_fen from purse where account_id = $1',
    [await world.accountOf('B')],
  );
  await vi.waitFor(() => expect(events.at(-1)?.stalls[0]?.balanceFen).toBe(Number(balance_fen)));
  const quarters = Math.ceil((performance.now() - startedAt) / 250);
  expect(events.length - 1).toBeLessThanOrEqual(quarters + 1);
  close();
});

test('a market that is not there is refused with a problem document', async () => {
  const { response } = await listen('01990000-0000-7000-8000-000000000000');
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 'sites.no_such_market' });
});

test('the program answers with its health, its markets, and an override that leads to a command', async () => {
  const get = async (path: string) => (await fetch(origin + path, { headers: { cookie } })).json();
  expect(await get('/api/health')).toEqual({ ok: true, version: 'test' });
  expect(await get('/api/markets')).toMatchObject({
    clockSpeed: 1,
    markets: [{ code: 'market-1', lowBalanceFen: 2_000 }],
  });
  const meterId = await world.meterOf('A');
  const response = await fetch(`${origin}/api/markets/${world.marketId}/meters/${meterId}/override`, {
    method: 'PUT',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ override: 'forced_off', reason: 'leak' }),
  });
  expect(response.status).toBe(204);
  expect(await world.commands('A')).toEqual(['off forced_off queued']);
  expect((await fetch(`${origin}/api/sign-out`, { method: 'POST', headers: { cookie } })).status).toBe(204);
  expect((await fetch(`${origin}/api/me`, { headers: { cookie } })).status).toBe(401);
});
