import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openprepay, type Program, startProgram } from './program.ts';
import { eventually, freePort, signIn } from './support.ts';

const STALLS = 20;
let data: string;
let args: string[];
let program: Program;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'openprepay-restart-'));
  await chmod(data, 0o755);
  const ports = [
    '--http-port',
    String(await freePort()),
    '--device-port',
    String(await freePort()),
    '--platform-port',
    String(await freePort()),
  ];
  args = ['--demo', '--data', data, '--stalls', String(STALLS), '--speed', '60', ...ports];
});
afterAll(async () => {
  await program?.end('SIGTERM');
  await rm(data, { recursive: true, force: true });
});

const verify = async () =>
  JSON.parse((await openprepay('verify', '--demo', '--data', data, '--json')).out) as { ok: boolean };

/** Ends the database server at once, without its own farewell. */
async function killDatabase(): Promise<void> {
  const { cluster } = JSON.parse(await readFile(join(data, 'demo/postgres.json'), 'utf8')) as { cluster: string };
  process.kill(Number.parseInt(await readFile(join(cluster, 'postmaster.pid'), 'utf8'), 10), 'SIGKILL');
}

/** One stall with an account, after every meter of the market has been read. */
async function settledStall(admin: { login: string; password: string }) {
  const api = await signIn(program.httpUrl, admin);
  const marketId = (await api('markets', {})).markets[0]?.marketId ?? '';
  const grid = await eventually(async () => {
    const seen = await api('grid', { params: { marketId } });
    expect(seen.summary).toMatchObject({ metersOnline: seen.summary.meters, metersRead: seen.summary.meters });
    return seen;
  }, 120_000);
  const stallId = grid.stalls.find(({ customerName }) => customerName !== null)?.stallId ?? '';
  return { api, marketId, detail: await api('stall', { params: { marketId, stallId } }) };
}

test('killed again and again, the program and its database lose nothing and heal by themselves', async () => {
  program = await startProgram(args);
  const admin = program.firstAdmin;
  if (!admin) throw new Error('a new installation makes its first admin');
  const sales: string[] = [];
  for (const withDatabase of [false, true, true]) {
    const { api, marketId, detail } = await settledStall(admin);
    const params = { marketId, accountId: detail.account?.accountId ?? '' };
    for (let sale = 0; sale < 5; sale++) {
      const body = { requestId: crypto.randomUUID(), amountFen: 100, method: 'cash' as const };
      sales.push((await api('topUp', { params, body })).txId);
    }
    await Promise.all([program.end('SIGKILL'), ...(withDatabase ? [killDatabase()] : [])]);
    program = await startProgram(args);
    expect(program.firstAdmin).toBeNull();
  }
  const { detail } = await settledStall(admin);
  const stored = detail.ledger.filter(({ kind }) => kind === 'top_up').map(({ txId }) => txId);
  expect(new Set(stored)).toEqual(new Set(sales));
  expect(stored).toHaveLength(sales.length);
  expect(await verify()).toMatchObject({ ok: true });
});

test('asked to stop, the program stops everything and says so with exit code 0', async () => {
  expect(await program.end('SIGINT')).toBe(0);
  const report = await openprepay(
    'doctor',
    '--demo',
    '--data',
    data,
    '--json',
    ...args.slice(args.indexOf('--http-port'), args.indexOf('--platform-port')),
  );
  expect(JSON.parse(report.out)).toMatchObject({ ok: true });
  program = await startProgram(args);
});
