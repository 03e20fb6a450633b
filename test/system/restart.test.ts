import { mkdtemp, rm } from 'node:fs/promises';
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

test('killed again and again, the program loses nothing and heals by itself', async () => {
  program = await startProgram(args);
  const admin = program.firstAdmin;
  expect(admin).not.toBeNull();
  if (!admin) return;
  let readingsBefore = 0;
  for (let round = 0; round < 3; round++) {
    const api = await signIn(program.httpUrl, admin);
    const [market] = (await api('markets', {})).markets;
    const params = { marketId: market?.marketId ?? '' };
    await eventually(async () => {
      const { summary } = await api('grid', { params });
      expect(summary.metersOnline).toBe(summary.meters);
      expect(summary.metersRead).toBe(summary.meters);
    }, 120_000);
    const { stalls } = await api('grid', { params });
    const detail = await api('stall', { params: { ...params, stallId: stalls[0]?.stallId ?? '' } });
    const readings = detail.meters[0]?.readings.length ?? 0;
    expect(readings).toBeGreaterThanOrEqual(Math.min(readingsBefore, 20));
    readingsBefore = readings;
    await program.end('SIGKILL');
    program = await startProgram(args);
    expect(program.firstAdmin).toBeNull();
  }
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
