import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { type EmbeddedPostgres, runningEmbeddedUrl, startEmbeddedPostgres } from './embedded-postgres.ts';
import { silentLog } from './log.ts';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function folder(base = tmpdir()): Promise<string> {
  const dir = await mkdtemp(join(base, 'openprepay-pg-'));
  await chmod(dir, 0o755);
  cleanUp.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog });
  cleanUp.push(() => server.stop());
  return server;
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const db = openDatabase(url, silentLog);
  try {
    return await db.query(sql);
  } finally {
    await db.close();
  }
}

test('what was stored is there after a stop and a start, and the password is the program’s own', async () => {
  const dataDir = await folder();
  const first = await startEmbeddedPostgres({ dataDir, log: silentLog });
  await ask(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  const second = await start(dataDir);
  expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o077).toBe(0);
  await expect(ask(second.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow();
});

test('a folder in use is refused, and a visitor finds the running server', async () => {
  const dataDir = await folder();
  const server = await start(dataDir);
  await writeFile(join(dataDir, 'owner.pid'), `${process.ppid}\n`);
  await expect(startEmbeddedPostgres({ dataDir, log: silentLog })).rejects.toMatchObject({
    code: 'platform.data_in_use',
  });
  expect(await runningEmbeddedUrl(dataDir)).toBe(server.url);
});

test('a server left behind by a killed program is taken over with what it holds', async () => {
  const dataDir = await folder();
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)};
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log });
    process.stdout.write(server.url + '\\n');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  await ask(line.toString().trim(), 'create table kept as select 42 as answer');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const server = await start(dataDir);
  expect(server.url).toBe(line.toString().trim());
  expect(await ask(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('after the database itself was killed, the next start recovers what was committed', async () => {
  const dataDir = await folder();
  const first = await startEmbeddedPostgres({ dataDir, log: silentLog });
  await ask(first.url, 'create table kept as select 42 as answer');
  const pid = Number.parseInt(await readFile(join(first.dataDir, 'postmaster.pid'), 'utf8'), 10);
  process.kill(pid, 'SIGKILL');
  await first.stop();
  const second = await start(dataDir);
  expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('a first start cut short half-way is begun again', async () => {
  const dataDir = await folder();
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await mkdir(join(dataDir, 'postgres', 'cluster.new'));
  await writeFile(join(dataDir, 'postgres', 'cluster.new', 'half'), 'made');
  const server = await start(dataDir);
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a data folder that was moved is found with what it holds', async () => {
  const before = await folder(homedir());
  const first = await startEmbeddedPostgres({ dataDir: before, log: silentLog });
  await ask(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  const after = `${before}-moved`;
  await rename(before, after);
  cleanUp.push(() => rm(after, { recursive: true, force: true }));
  const second = await start(after);
  cleanUp.unshift(() => rm(join(second.dataDir, '..', '..'), { recursive: true, force: true }));
  expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('it starts from a data folder in the home of whoever runs it', async () => {
  const server = await start(await folder(homedir()));
  cleanUp.unshift(() => rm(join(server.dataDir, '..', '..'), { recursive: true, force: true }));
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});
