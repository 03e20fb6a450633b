import { type Caller, ROLES, type Role, type Route, type RouteName, routes } from '@openprepay/contract';
import { systemClock } from '@openprepay/kernel';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { callerOf } from '../../../test-support/callers.ts';
import { testVault } from '../../../test-support/vault.ts';
import type { Context } from '../context.ts';
import type { Call, Handlers, Services } from '../handlers.ts';
import { buildHttp } from '../http.ts';
import { SESSION_COOKIE } from '../http-guard.ts';
import { silentLog } from '../log.ts';
import { SAMPLE_ID, sample } from './sample.ts';

export const ID = SAMPLE_ID;
export const OTHER = '01990000-0000-7000-8000-00000000000f';
/** The only place that is in anybody's building. */
export const WITHIN = '01990000-0000-7000-8000-00000000000b';
export const NAMES = Object.keys(routes) as RouteName[];
export const roleCaller = (role: Role, over: Partial<Caller> = {}): Caller =>
  callerOf({ operatorId: ID, login: role, name: role, role }, over);

/** The HTTP server on handlers that note how they were called and answer a sample; a session's token is a role. */
export interface StubHttp {
  readonly app: FastifyInstance;
  readonly calls: { name: string; call: Call<RouteName> }[];
  /** What a handler does in place of answering a sample. */
  readonly instead: Map<string, () => unknown>;
  /** What is different about whoever calls. */
  over: Partial<Caller>;
  request(name: RouteName, role: Role | null, change?: Partial<InjectOptions>): Promise<LightMyRequestResponse>;
}

const noDatabase = () => Promise.reject(new Error('no database'));

/** No handler of a stub reaches for the database. */
export const onNothing: Context = {
  db: { url: '', vault: testVault, query: async () => [], tx: noDatabase, snapshot: noDatabase, close: async () => {} },
  signals: { on: () => () => {}, close: async () => {} },
  clock: systemClock,
  log: silentLog,
};

export async function stubHttp(consoleDir: string | null = null): Promise<StubHttp> {
  const calls: StubHttp['calls'] = [];
  const instead: StubHttp['instead'] = new Map();
  const services: Services = {
    operatorOf: async (_ctx, token) => {
      const role = ROLES.find((candidate) => candidate === token);
      return role ? roleCaller(role, stub.over) : null;
    },
    keyHolderOf: async (_ctx, key) => (key === 'opk_good' ? roleCaller('manager', stub.over) : null),
    isWithin: async (_ctx, _marketId, _who, places) =>
      Object.values(places)
        .flat()
        .every((id) => id === WITHIN),
    noteExport: async () => {},
    gridEvents: async (_ctx, _marketId, _viewer, stream) => stream.send('grid', '{}'),
    collectorFrameEvents: async (_ctx, _marketId, filter, stream) => stream.send('frames', JSON.stringify(filter)),
  };
  const stubOf = (name: RouteName) => async (_ctx: Context, call: Call<RouteName>) => {
    calls.push({ name, call });
    return instead.get(name)?.() ?? sample(routes[name].response);
  };
  const handlers: Handlers = Object.assign({}, services, ...NAMES.map((name) => ({ [name]: stubOf(name) })));
  const app = await buildHttp(onNothing, { handlers, consoleDir, version: '1.2.3', clockSpeed: 60 });
  const request: StubHttp['request'] = async (name, role, change = {}) => {
    const route: Route = routes[name];
    return app.inject({
      method: route.method,
      url: pathOf(route),
      query: queryOf(route),
      ...(route.body && { payload: sample(route.body) as object }),
      ...(role && { cookies: { [SESSION_COOKIE]: role } }),
      ...change,
    });
  };
  const stub: StubHttp = { app, calls, instead, over: {}, request };
  return stub;
}

/** Whether a right body of a route names what stands in a building. */
export const bodyNamesPlace = ({ body }: Route): boolean =>
  body !== undefined && /"(stallIds?|meterIds?|accountId)":/.test(JSON.stringify(sample(body)));

/** A path of a route, with these params and samples for the others. */
export function pathOf(route: Route, known: Readonly<Record<string, string>> = {}): string {
  const params = { ...((route.params ? sample(route.params) : {}) as Record<string, string>), ...known };
  return route.path.replace(/:(\w+)/g, (_, name: string) => params[name] ?? ID);
}

/** What a route's query cannot do without. */
export function queryOf({ query }: Route): Record<string, string> {
  const { required = [] } = (query ?? {}) as { required?: readonly string[] };
  const all = (query ? sample(query) : {}) as Record<string, string>;
  return Object.fromEntries(Object.entries(all).filter(([key]) => required.includes(key)));
}
