import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { platformError } from './errors.ts';
import type { Log } from './log.ts';
import { exists, POINTER, type PostgresHome, preparePostgresHome } from './postgres-home.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  readonly dataDir: string;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** Test clusters only: faster, and worth nothing after a crash. */
  readonly throwAway?: boolean;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;
const POLL_MS = 40;
const USER = 'openprepay';
const DATABASE = 'openprepay';

/**
 * Starts the PostgreSQL that came with the program on a free loopback port, its data in `dataDir/postgres`. A server
 * left behind by a killed program is taken over. The superuser's password is made at the first start.
 * @throws platform.data_in_use when another program owns `dataDir`; platform.postgres_did_not_start
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const release = await own(dataDir);
  try {
    const home = await preparePostgresHome(dataDir, options.log);
    const password = await passwordOf(dataDir);
    if (!(await exists(join(home.cluster, 'PG_VERSION')))) await initialise(home, password);
    const server = (await adopt(home, password, options.log)) ?? (await launch(home, password, options));
    await ensureDatabase(server.url);
    return {
      url: server.url,
      dataDir: home.cluster,
      async stop() {
        await server.stop();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The address of a database that a running program keeps in `dataDir`, or null when none answers. */
export async function runningEmbeddedUrl(dataDir: string): Promise<string | null> {
  const pointer = join(resolve(dataDir), POINTER);
  if (!(await exists(pointer))) return null;
  const { cluster } = JSON.parse(await readFile(pointer, 'utf8')) as { cluster: string };
  const pid = await readPostmasterPid(cluster);
  if (!pid) return null;
  const url = urlOf(pid.port, await passwordOf(dataDir));
  return (await answers(url)) ? url : null;
}

/** One program at a time: a lock file with the owner's process id, void when that process is gone. */
async function own(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'owner.pid');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(`${process.pid}\n`);
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
      if (owner !== process.pid && (await isAliveProgram(owner))) {
        throw platformError('platform.data_in_use', `${dataDir} belongs to the running process ${owner}`, { owner });
      }
      await rm(path, { force: true });
    }
  }
  throw platformError('platform.data_in_use', `${dataDir} is being taken by another process`);
}

/** A process id may have been given to something else since; where the kernel tells, the name decides. */
async function isAliveProgram(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  return command === null || /node|openprepay/.test(command);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function passwordOf(dataDir: string): Promise<string> {
  const path = join(resolve(dataDir), 'postgres.password');
  if (!(await exists(path))) {
    await writeFile(`${path}.new`, randomBytes(24).toString('base64url'), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
  return readFile(path, 'utf8');
}

/** Into a folder of its own, renamed at the end, so that a first start cut short leaves nothing half made. */
async function initialise(home: PostgresHome, password: string): Promise<void> {
  const fresh = `${home.cluster}.new`;
  await rm(fresh, { recursive: true, force: true });
  const passwordFile = `${home.cluster}.initial-password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  await home.give(passwordFile);
  const args = [
    '-D',
    fresh,
    '-U',
    USER,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
  ];
  const child = spawn(join(home.bin, 'initdb'), args, {
    ...home.runAs,
    cwd: home.base,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await exitOf(child);
  await rm(passwordFile, { force: true });
  if (code !== 0) {
    throw platformError(
      'platform.postgres_did_not_start',
      `initdb ended with ${code}: ${Buffer.concat(output).toString().slice(-2_000)}`,
    );
  }
  await rename(fresh, home.cluster);
}

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

async function adopt(home: PostgresHome, password: string, log: Log): Promise<Server | null> {
  const pidFile = await readPostmasterPid(home.cluster);
  if (!pidFile || !isAlive(pidFile.pid)) return null;
  const url = urlOf(pidFile.port, password);
  const deadline = Date.now() + READY_WITHIN_MS;
  while (isAlive(pidFile.pid) && Date.now() < deadline) {
    if (await answers(url)) {
      log.info({ pid: pidFile.pid }, 'took over the database server that was left running');
      return { url, stop: () => stopProcess(pidFile.pid) };
    }
    const command = await readFile(`/proc/${pidFile.pid}/cmdline`, 'utf8').catch(() => 'postgres');
    if (!command.includes('postgres')) {
      await rm(join(home.cluster, 'postmaster.pid'), { force: true });
      return null;
    }
    await delay(POLL_MS);
  }
  return null;
}

async function launch(home: PostgresHome, password: string, options: EmbeddedOptions): Promise<Server> {
  const deadline = Date.now() + READY_WITHIN_MS;
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    // A throw-away server is many programs' at once.
    `max_connections=${options.throwAway ? 240 : 60}`,
    'shared_buffers=256MB',
    'autovacuum_naptime=15s',
  ];
  if (options.throwAway) settings.push('fsync=off', 'full_page_writes=off');
  let lastWords = '';
  while (Date.now() < deadline) {
    const port = await freePort();
    const args = ['-D', home.cluster, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
    // A process group of its own: Ctrl-C ends the program, and the program ends the database last.
    const child = spawn(join(home.bin, 'postgres'), args, {
      ...home.runAs,
      cwd: home.base,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const pid = child.pid;
    if (pid === undefined) throw platformError('platform.postgres_did_not_start', `cannot run ${home.bin}/postgres`);
    child.stderr.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-4_000);
    });
    const url = urlOf(port, password);
    while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
      if (await answers(url)) {
        child.unref();
        return { url, stop: () => stopProcess(pid) };
      }
      await delay(POLL_MS);
    }
    // Backends of a server killed a moment ago still hold its shared memory for a little while.
    await delay(250);
  }
  throw platformError('platform.postgres_did_not_start', `the embedded database did not start: ${lastWords}`);
}

async function stopProcess(pid: number): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one: the next start then recovers from its log.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (isAlive(pid)) process.kill(pid, signal);
    const deadline = Date.now() + STOP_WITHIN_MS;
    while (await isRunning(pid)) {
      if (Date.now() > deadline) break;
      await delay(POLL_MS);
    }
    if (!(await isRunning(pid))) return;
  }
}

/** A zombie that nobody has waited for counts as ended. */
async function isRunning(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null || !/\) Z /.test(stat);
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.replace(/\/\w+$/, '/postgres') });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url.replace(/\/\w+$/, '/postgres'),
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function readPostmasterPid(cluster: string): Promise<{ pid: number; port: number } | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => null);
  const lines = text?.split('\n') ?? [];
  const pid = Number.parseInt(lines[0] ?? '', 10);
  const port = Number.parseInt(lines[3] ?? '', 10);
  return pid > 0 && port > 0 ? { pid, port } : null;
}

const urlOf = (port: number, password: string) => `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string')
    throw platformError('platform.postgres_did_not_start', 'no free port');
  return address.port;
}

const exitOf = (child: ChildProcess) =>
  new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code) => done(code));
  });
