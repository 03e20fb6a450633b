import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, inject, test, vi } from 'vitest';
import { writeWorkbook } from '../../server/src/platform/workbook.ts';

/** Every run is a process of its own, which on a busy machine takes its time. */
vi.setConfig({ testTimeout: 180_000 });

const COMMAND = join(import.meta.dirname, '../bin/openprepay.mjs');

const run = (...args: string[]) => runIn({}, ...args);

const runIn = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((done) => {
    execFile(process.execPath, [COMMAND, ...args], { env: { ...process.env, ...env } }, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err });
    });
  });

const HEARTBEAT = '7b7b94beef7d7d';
const TRIP = '7b7b9001100057000204000100012775387a7d7d';

test('every command says how it is used', async () => {
  for (const command of [
    [],
    ['start'],
    ['simulate'],
    ['simulate', 'meter'],
    ['simulate', 'run'],
    ['site', 'import'],
    ['operator', 'new-password'],
    ['operator', 'without-second-factor'],
    ['operator', 'add'],
    ['meter', 'list'],
    ['meter', 'import'],
    ['meter', 'template'],
    ['dtu', 'list'],
    ['dtu', 'set'],
    ['verify'],
    ['doctor'],
    ['frame', 'decode'],
  ]) {
    const { code, out } = await run(...command, '--help');
    expect([command, code]).toEqual([command, 0]);
    expect(out).toContain('Usage: openprepay');
  }
});

test('a frame is explained in words', async () => {
  const { code, out } = await run('frame', 'decode', 'acrel4g', HEARTBEAT);
  expect(code).toBe(0);
  expect(out.toLowerCase()).toContain('heartbeat');
});

test('with --json a frame is one object, the inner frame nested in it', async () => {
  const { code, out } = await run('frame', 'decode', 'acrel4g', ...(TRIP.match(/../g) ?? []), '--json');
  expect(code).toBe(0);
  expect(JSON.stringify(JSON.parse(out))).toContain('inner');
});

test('an invalid frame is exit code 1 and its reason', async () => {
  const text = await run('frame', 'decode', 'acrel4g', '7b7b94beee7d7d');
  expect(text.code).toBe(1);
  expect(text.err).toContain('frame.bad_checksum');
  const json = await run('frame', 'decode', 'acrel4g', '7b7b94beee7d7d', '--json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'frame.bad_checksum' } });
});

test('what is not hexadecimal is exit code 1, a protocol that is none is exit code 2', async () => {
  expect((await run('frame', 'decode', 'modbus', 'zz')).code).toBe(1);
  expect((await run('frame', 'decode', 'morse', '00')).code).toBe(2);
});

test('an unknown command or option is exit code 2', async () => {
  expect((await run('fly')).code).toBe(2);
  expect((await run('verify', '--loudly')).code).toBe(2);
  expect((await run('start', '--speed', '-1')).code).toBe(2);
});

test('an operator needs a login, a name and a role that there is', async () => {
  expect((await run('operator', 'add', '--login', 'a', '--name', 'A')).code).toBe(2);
  expect((await run('operator', 'add', '--login', 'a', '--name', 'A', '--role', 'king')).code).toBe(2);
});

test('a market is made and proved on an empty database of one’s own, before the program ever started', async () => {
  const templateUrl = inject('templateUrl');
  const client = new pg.Client({ connectionString: templateUrl.replace(/\/openprepay$/, '/postgres') });
  await client.connect();
  const folder = await mkdtemp(join(tmpdir(), 'openprepay-cli-'));
  const name = `cli_${process.hrtime.bigint()}`;
  await client.query(`create database ${name} template template0`);
  try {
    const env = { DATABASE_URL: templateUrl.replace(/\/openprepay$/, `/${name}`), OPENPREPAY_DATA: folder };
    expect((await runIn(env, 'verify')).code).toBe(1);
    const file = join(folder, 'site.json');
    expect((await runIn(env, 'simulate', 'new', file, '--stalls', '5')).code).toBe(0);
    expect(await runIn(env, 'site', 'import', file, '--json')).toMatchObject({ code: 0 });
    expect(JSON.parse((await runIn(env, 'site', 'import', file, '--json')).out)).toMatchObject({ created: false });
    expect(await runIn(env, 'verify')).toMatchObject({ code: 0 });
    await useRegister(env, folder);
    expect((await runIn(env, 'site', 'import', COMMAND)).code).toBe(3);
  } finally {
    await client.query(`drop database ${name} with (force)`);
    await client.end();
    await rm(folder, { recursive: true, force: true });
  }
});

/** Operators and meters of the market in `env`, which has ten meters and nobody to sign in. */
async function useRegister(env: NodeJS.ProcessEnv, folder: string): Promise<void> {
  const operator = ['operator', 'add', '--login', 'tech', '--name', 'Technician', '--role', 'technician', '--json'];
  expect(JSON.parse((await runIn(env, ...operator)).out)).toMatchObject({
    login: 'tech',
    password: expect.any(String),
  });
  expect(await runIn(env, ...operator)).toMatchObject({
    code: 3,
    out: expect.stringContaining('identity.login_taken'),
  });
  const listed = JSON.parse((await runIn(env, 'meter', 'list', '--json')).out) as { total: number; meters: object[] };
  expect(listed.meters).toHaveLength(listed.total);
  expect(listed.total).toBeGreaterThanOrEqual(5);
  expect(await runIn(env, 'meter', 'list', '--market', 'nowhere')).toMatchObject({ code: 3 });

  const file = join(folder, 'meters.xlsx');
  expect((await runIn(env, 'meter', 'template', file, '--language', 'en')).code).toBe(0);
  expect((await runIn(env, 'meter', 'template', file)).code).toBe(3);
  const nothing = await runIn(env, 'meter', 'import', file, '--as', 'tech', '--json');
  expect(JSON.parse(nothing.out)).toMatchObject({ rows: 0, created: 0, badRows: null });
  const heading = ['serial', 'kind', 'model', 'link', 'linkKey', 'busAddress'];
  const good = ['90001', 'electricity', 'DDSY1352-NK', 'acrel4g', '90001', '1'];
  const bad = ['90002', 'electricity', 'NOSUCH', 'acrel4g', '90002', '1'];
  const sheet = { name: 'm', headRows: 1, widths: [], rows: [heading, good, bad] };
  await writeFile(file, await writeWorkbook([sheet]));
  const asTech = ['meter', 'import', file, '--as', 'tech', '--json'];
  const dry = await runIn(env, ...asTech, '--dry-run');
  expect(dry.code).toBe(1);
  expect(JSON.parse(dry.out)).toMatchObject({ importId: null, created: 1, failed: 1 });
  const done = await runIn(env, ...asTech);
  expect(done.code).toBe(1);
  expect(JSON.parse(done.out)).toMatchObject({
    created: 1,
    errors: [{ row: 3, column: 'model', code: 'devices.unknown_model' }],
    badRows: join(folder, 'meters-errors.xlsx'),
  });
  const again = JSON.parse((await runIn(env, ...asTech)).out);
  expect(again).toMatchObject({ created: 0, unchanged: 1, failed: 1 });
  expect(JSON.parse((await runIn(env, 'meter', 'list', '--text', '90001', '--json')).out)).toMatchObject({ total: 1 });
  expect((await runIn(env, 'meter', 'import', file, '--as', 'nobody')).err).toContain('identity.no_such_operator');
}
