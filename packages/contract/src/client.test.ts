import { expect, test } from 'vitest';
import { CallError, call, routeTable } from './client.ts';
import { type Route, scopeOf } from './route.ts';
import { routes } from './routes.ts';

test('the browser’s table of routes is the contract’s', () => {
  const ofContract = Object.entries(routes).map(([name, { method, path }]) => [name, [method, path]]);
  expect(routeTable).toEqual(Object.fromEntries(ofContract));
});

test('a route below a market names it in its params, and every route has one method and path of its own', () => {
  const places = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
  expect(new Set(places).size).toBe(places.length);
  for (const route of Object.values(routes)) {
    const named = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]);
    const params = 'params' in route ? Object.keys(route.params.properties) : [];
    expect(params.toSorted()).toEqual(named.toSorted());
  }
});

const answering = (body: string | null, init: ResponseInit) => async (): Promise<Response> => new Response(body, init);

test('a call fills its path, sends its body as JSON and gives the answer', async () => {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const params = { marketId: 'm/1', meterId: 'x' };
  const body = { override: 'auto', reason: 'as before' } as const;
  const answer = await call('setOverride', { params, body }, async (input, init) => {
    asked.push({ url: String(input), init });
    return new Response(null, { status: 204 });
  });
  expect(answer).toBeNull();
  expect(asked[0]?.url).toBe('/api/markets/m%2F1/meters/x/override');
  expect(asked[0]?.init).toMatchObject({ method: 'PUT', body: JSON.stringify(body), credentials: 'same-origin' });
});

test('a refusal is thrown with the server’s problem, and no answer with one of its own', async () => {
  const problem = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'http.forbidden' };
  const refused = call('me', {}, answering(JSON.stringify(problem), { status: 403 }));
  await expect(refused).rejects.toSatisfy(
    (error) => error instanceof CallError && error.problem.code === 'http.forbidden',
  );
  await expect(call('me', {}, () => Promise.reject(new TypeError('offline')))).rejects.toMatchObject({
    problem: { code: 'client.unreachable' },
  });
  await expect(call('me', {}, answering('<html>', { status: 502 }))).rejects.toMatchObject({
    problem: { code: 'client.bad_answer', status: 502 },
  });
});

/** What the guard can trace to its building. */
const TRACED = ['marketId', 'buildingId', 'stallId', 'meterId', 'accountId', 'txId', 'photoId', 'holdId', 'shiftId'];
/** In no building: the handler answers those of some buildings with what is theirs. */
const ACROSS = ['planId', 'batchId', 'massId'];

test('a route open to operators of a building names in its path only what can be traced to one', () => {
  for (const route of Object.values(routes) as Route[]) {
    if (scopeOf(route) !== 'building') continue;
    const named = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]);
    expect([route.path, named.filter((name) => ![...TRACED, ...ACROSS].includes(name ?? ''))]).toEqual([
      route.path,
      [],
    ]);
  }
});

/** Made by the caller, of the whole market, or to be left out. */
const NO_PLACES = ['requestId', 'batchId', 'moveOutId', 'electricityPlanId', 'waterPlanId', 'exceptIds'];

test('and in its body, so that a new kind of place is not let in unseen', () => {
  for (const route of Object.values(routes) as Route[]) {
    if (scopeOf(route) !== 'building' || route.body === undefined) continue;
    const named = [...JSON.stringify(route.body).matchAll(/"(\w+Ids?)":\{/g)].map((match) => match[1] ?? '');
    const untraced = named.filter((name) => ![...TRACED, 'stallIds', 'meterIds', ...NO_PLACES].includes(name));
    expect([route.path, untraced]).toEqual([route.path, []]);
  }
});
