import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteName, RouteResponse, Routes, StallDetail } from '@openprepay/contract';
import { type CallInput, call } from '@openprepay/contract/client';
import { scaledClock } from '@openprepay/kernel';
import {
  type Check,
  type Database,
  type IssuerConfig,
  importSite,
  openStore,
  type RunningServer,
  silentLog,
  startServer,
  verifyMarket,
} from '@openprepay/server';
import {
  type Fault,
  type FirstSiteOptions,
  firstSite,
  type Simulator,
  type Site,
  startSimulator,
} from '@openprepay/simulator';
import { expect, vi } from 'vitest';

/** The whole program and a simulated market in this process, on real sockets and a real database of its own. */
export interface TestMarket {
  readonly server: RunningServer;
  readonly simulator: Simulator;
  readonly db: Database;
  readonly site: Site;
  readonly marketId: string;
  api<N extends RouteName>(name: N, input: CallInput<N>): Promise<RouteResponse<Routes[N]>>;
  stall(code: string): Promise<StallDetail>;
  topUp(code: string, amountFen: number): Promise<void>;
  override(meterId: string, override: 'auto' | 'forced_on' | 'forced_off'): Promise<void>;
  verify(): Promise<Check[]>;
  stop(): Promise<void>;
}

export interface TestMarketOptions {
  readonly stalls: number;
  readonly speed: number;
  readonly faults?: readonly Fault[];
  readonly consoleDir?: string;
  readonly connectWithinMs?: number;
  /** An identity provider; it knows the console's address, which is not left to chance then. */
  readonly signInAt?: { readonly issuer: IssuerConfig; readonly httpPort: number };
  /** A broker elsewhere, for the server and the devices alike, in place of the server's own. */
  readonly mqttUrl?: string;
  /** Another market than the first site's. */
  readonly draw?: (given: FirstSiteOptions) => Site;
  /** Changes the site before it is imported, for example balances. */
  readonly prepare?: (site: Site) => Site;
}

/** Below those that Linux gives to whoever connects: one of a market's many connections could take it before it is used. */
const FIRST_PORT = 12_000;
const LAST_PORT = 32_000;

/** Meters on a line answer as fast as the program can. */
const FAST_BUS = { timing: 0, answerLeastMs: 0, answerMostMs: 2 } as const;

export async function startTestMarket(options: TestMarketOptions): Promise<TestMarket> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openprepay-system-'));
  // As root the database runs as another user, who must get in here, or its data would be left behind elsewhere.
  await chmod(dataDir, 0o755);
  const platformPort = await freePort();
  const store = await openStore({ databaseUrl: null, dataDir, log: silentLog });
  const drawn = (options.draw ?? firstSite)({
    seed: 7,
    stalls: options.stalls,
    nbBaseUrl: `http://127.0.0.1:${platformPort}`,
    secrets: { appKey: 'key', appSecret: 'secret', masterKey: 'master', pushToken: 'push-token-of-the-test' },
  });
  const site = options.prepare?.(drawn) ?? drawn;
  const { marketId } = await importSite(store.db, site, new Date());
  const server = await startServer({
    db: store.db,
    http: { host: '127.0.0.1', port: options.signInAt?.httpPort ?? 0 },
    issuer: options.signInAt?.issuer ?? null,
    device: { host: '127.0.0.1', port: 0 },
    mqtt: mqttOf(site, options.mqttUrl),
    consoleDir: options.consoleDir ?? null,
    speed: options.speed,
    log: silentLog,
  });
  const simulator = await startSimulator({
    site,
    clock: scaledClock(server.clockAnchor),
    speed: options.speed,
    seed: 7,
    deviceHost: '127.0.0.1',
    devicePort: server.devicePort,
    nbListen: { host: '127.0.0.1', port: platformPort },
    pushBaseUrl: server.httpUrl,
    stateFile: null,
    faults: options.faults ?? [],
    connectWithinMs: options.connectWithinMs ?? 2_000,
    mqttUrl: options.mqttUrl ?? `mqtt://127.0.0.1:${server.mqttPort}`,
    bus: FAST_BUS,
    log: () => {},
  });
  if (!server.firstAdmin) throw new Error('a new installation makes its first admin');
  const api = await signIn(server.httpUrl, server.firstAdmin);
  const stall = async (code: string) => {
    const grid = await api('grid', { params: { marketId } });
    const cell = grid.stalls.find((candidate) => candidate.code === code);
    if (!cell) throw new Error(`no stall ${code}`);
    return api('stall', { params: { marketId, stallId: cell.stallId } });
  };
  return {
    server,
    simulator,
    db: store.db,
    site,
    marketId,
    api,
    stall,
    async topUp(code, amountFen) {
      const { account } = await stall(code);
      if (!account) throw new Error(`${code} has no account`);
      const body = { requestId: crypto.randomUUID(), amountFen, method: 'cash' as const };
      await api('topUp', { params: { marketId, accountId: account.accountId }, body });
    },
    async override(meterId, override) {
      await api('setOverride', { params: { marketId, meterId }, body: { override, reason: 'seen in a test' } });
    },
    verify: () => verifyMarket(store.db, scaledClock(server.clockAnchor), marketId),
    async stop() {
      await simulator.stop();
      await server.stop();
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function mqttOf(site: Site, url: string | undefined) {
  if (!site.gateways?.some(({ link }) => link === 'mqtt')) return null;
  return url === undefined ? { host: '127.0.0.1', port: 0 } : { url };
}

/** An operator's calls: the routes of the contract, with the session's cookie. */
export async function signIn(httpUrl: string, who: { login: string; password: string }): Promise<TestMarket['api']> {
  let cookie = '';
  const send: typeof fetch = async (path, init) => {
    const headers = new Headers(init?.headers);
    headers.set('cookie', cookie);
    headers.set('origin', httpUrl);
    const response = await fetch(`${httpUrl}${path}`, { ...init, headers });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response;
  };
  const api: TestMarket['api'] = (name, input) => call(name, input, send);
  await api('signIn', { body: who });
  return api;
}

/** Waits for a condition of the running system, looking four times a second; the last failure is what a time-out shows. */
export const eventually = <T>(look: () => T | Promise<T>, withinMs = 60_000): Promise<T> =>
  vi.waitFor(look, { timeout: withinMs, interval: 250 });

export interface OrdinaryStall {
  readonly code: string;
  readonly electricity: string;
  readonly water: string;
}

/** The stalls with one account of their own, no credit, an electricity and a water meter, and not protected. */
function ordinaryStalls(site: Site): OrdinaryStall[] {
  return site.accounts.flatMap((account) => {
    const [code, second] = account.stalls;
    const stall = site.stalls.find((candidate) => candidate.code === code);
    const electricity = stall?.meters.find((meter) => meter.kind === 'electricity' && meter.ctRatio === 1);
    const water = stall?.meters.find((meter) => meter.kind === 'water');
    const isOrdinary = code && !second && account.creditLimitFen === 0 && !stall?.protected && electricity && water;
    return isOrdinary ? [{ code, electricity: electricity.serial, water: water.serial }] : [];
  });
}

/** @param nth from 0: another one for what must not meet the first one's test */
export function ordinaryStall(site: Site, nth = 0): OrdinaryStall {
  const stall = ordinaryStalls(site)[nth];
  if (!stall) throw new Error('the site has no such ordinary stall');
  return stall;
}

/** The same site in which every tenant starts with the same balance. */
export const withBalances = (site: Site, openingBalanceFen: number): Site => ({
  ...site,
  accounts: site.accounts.map((account) => ({ ...account, openingBalanceFen })),
});

export function expectProved(checks: readonly Check[]): void {
  expect(checks.flatMap((check) => check.problems.map((problem) => `${check.name}: ${problem}`))).toEqual([]);
  expect(checks.length).toBeGreaterThan(0);
}

export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const probe = createServer();
    const isFree = await new Promise<boolean>((done) => {
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => done(true));
    });
    if (!isFree) continue;
    await new Promise((done) => probe.close(done));
    return port;
  }
}
