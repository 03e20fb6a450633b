import {
  collectorFramesPath,
  type DataScope,
  gridEventsPath,
  ROLES,
  type Route,
  routes,
  scopeOf,
} from '@openprepay/contract';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SESSION_COOKIE } from './http-guard.ts';
import { ACROSS } from './http-places.ts';
import {
  bodyNamesPlace,
  ID,
  NAMES,
  OTHER,
  roleCaller,
  type StubHttp,
  stubHttp,
  WITHIN,
} from './test-support/stub-http.ts';

let stub: StubHttp;
beforeAll(async () => {
  stub = await stubHttp();
});
afterAll(() => stub.app.close());
afterEach(() => {
  stub.over = {};
  stub.calls.length = 0;
});

describe('who may call what is what the contract says', () => {
  const everybody = [null, ...ROLES];
  const cases = NAMES.flatMap((name) => everybody.map((role) => [name, role] as const));
  test.each(cases)('%s as %s', async (name, role) => {
    const { roles }: Route = routes[name];
    stub.calls.length = 0;
    const response = await stub.request(name, role);
    const isAllowed = roles === 'public' || (role !== null && roles.includes(role));
    if (isAllowed) {
      expect([200, 204]).toContain(response.statusCode);
      expect(stub.calls.map((call) => call.name)).toEqual([name]);
      expect(stub.calls[0]?.call.operator).toEqual(roles === 'public' || role === null ? null : roleCaller(role));
      return;
    }
    expect(stub.calls).toEqual([]);
    const [status, code] = role === null ? [401, 'http.not_signed_in'] : [403, 'http.forbidden'];
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ type: 'about:blank', status, code });
  });

  test.each([gridEventsPath, collectorFramesPath])('the live stream %s is guarded like its route', async (path) => {
    const url = path.replace(/:\w+/g, ID);
    expect((await stub.app.inject({ url })).statusCode).toBe(401);
    expect((await stub.app.inject({ url, cookies: { [SESSION_COOKIE]: 'stolen' } })).statusCode).toBe(401);
  });

  test('live frames are for those who may see frames, and take the same filter', async () => {
    const url = collectorFramesPath.replace(/:\w+/g, ID);
    expect((await stub.app.inject({ url, cookies: { [SESSION_COOKIE]: 'cashier' } })).statusCode).toBe(403);
    const asTechnician = { cookies: { [SESSION_COOKIE]: 'technician' } };
    expect((await stub.app.inject({ url: `${url}?direction=sideways`, ...asTechnician })).statusCode).toBe(400);
  });

  test('a route below /api/ that says nothing of roles is refused when it is made', () => {
    expect(() => stub.app.get('/api/forgotten', async () => 'secret')).toThrow();
  });
});

describe('how much of the data a caller must be given is what the contract says', () => {
  const scopes: readonly (readonly [string, DataScope])[] = [
    ['the whole group', { kind: 'group' }],
    ['this market', { kind: 'markets', marketIds: [OTHER, ID] }],
    ['another market', { kind: 'markets', marketIds: [OTHER] }],
    ['a building of this market', { kind: 'buildings', marketId: ID, buildingIds: [ID] }],
    ['a building of another market', { kind: 'buildings', marketId: OTHER, buildingIds: [ID] }],
  ];
  const cases = NAMES.flatMap((name) => scopes.map(([words, scope]) => [name, words, scope] as const));
  test.each(cases)('%s for %s', async (name, _, scope) => {
    const route: Route = routes[name];
    if (route.roles === 'public') return;
    stub.over = { scope };
    stub.calls.length = 0;
    const needed = scopeOf(route);
    const named = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]);
    const markets = scope.kind === 'markets' ? scope.marketIds : scope.kind === 'buildings' ? [scope.marketId] : [ID];
    const isMarketOwn = needed === 'self' || !named.includes('marketId') || markets.includes(ID);
    const isWide =
      needed === 'self' ||
      scope.kind === 'group' ||
      (needed !== 'group' && (scope.kind === 'markets' || needed === 'building'));
    // The places of a sample are in no building of the caller.
    const namesPlace =
      bodyNamesPlace(route) || named.some((param) => param !== 'marketId' && !ACROSS.some((one) => one === param));
    const isTraced = scope.kind !== 'buildings' || needed === 'self' || !namesPlace;
    const response = await stub.request(name, route.roles[0] ?? 'admin');
    if (isMarketOwn && isWide && isTraced) {
      expect(stub.calls.map((call) => call.name)).toEqual([name]);
      expect(stub.calls[0]?.call.buildingIds).toEqual(scope.kind === 'buildings' ? [ID] : null);
    } else {
      expect(stub.calls).toEqual([]);
      expect([response.statusCode, response.json().code]).toEqual([403, 'http.out_of_scope']);
    }
  });

  test('what stands in one’s building is open to one', async () => {
    stub.over = { scope: { kind: 'buildings', marketId: ID, buildingIds: [OTHER] } };
    const url = `/api/markets/${ID}/stalls/${WITHIN}`;
    expect((await stub.request('stall', 'technician', { url })).statusCode).toBe(200);
  });

  test.each([
    ['password', 'http.password_change_needed'],
    ['second_factor', 'http.second_factor_needed'],
  ] as const)('whoever must first see to his %s is let to his own page alone', async (mustFirst, code) => {
    stub.over = { mustFirst };
    for (const name of NAMES) {
      const route: Route = routes[name];
      if (route.roles === 'public') continue;
      const response = await stub.request(name, route.roles[0] ?? 'admin');
      if (scopeOf(route) === 'self') expect([200, 204]).toContain(response.statusCode);
      else expect([response.statusCode, response.json().code]).toEqual([403, code]);
    }
    const stream = await stub.app.inject({
      url: gridEventsPath.replace(':marketId', ID),
      cookies: { [SESSION_COOKIE]: 'admin' },
    });
    expect(stream.json().code).toBe(code);
  });
});

describe('an API key', () => {
  const withKey = (key: string) => ({ headers: { authorization: `Bearer ${key}`, origin: 'https://elsewhere.test' } });

  test('is what it may do, from wherever it comes, and never the session beside it', async () => {
    expect((await stub.request('grid', null, withKey('opk_good'))).statusCode).toBe(200);
    expect((await stub.request('setAlarmLadder', null, withKey('opk_good'))).statusCode).toBe(204);
    expect((await stub.request('topUp', null, withKey('opk_good'))).json().code).toBe('http.forbidden');
    for (const headers of [
      { authorization: 'Bearer opk_bad' },
      { authorization: 'Basic YTpi' },
      { authorization: '' },
    ]) {
      const response = await stub.request('grid', 'admin', { headers });
      expect([response.statusCode, response.json().code]).toEqual([401, 'http.not_signed_in']);
    }
  });

  test('is refused where a person is asked for', async () => {
    for (const name of NAMES) {
      const route: Route = routes[name];
      if (!route.sessionOnly) continue;
      stub.calls.length = 0;
      expect((await stub.request(name, null, withKey('opk_good'))).json().code).toBe('http.session_only');
      expect(stub.calls).toEqual([]);
    }
  });
});
