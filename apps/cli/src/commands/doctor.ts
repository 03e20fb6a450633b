import { access, constants, mkdir, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { OpenPrepayError } from '@openprepay/kernel';
import { type Store, secretKeyPath, silentLog, visitStore } from '@openprepay/server';
import type { Command } from 'commander';
import { portNumber } from '../options.ts';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';
import { addPlaceOptions, type PlaceOptions, placeOf } from '../place.ts';

interface DoctorOptions extends PlaceOptions, OutputOptions {
  readonly httpPort: number;
  readonly devicePort: number;
}

interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly detail: string;
}

const MIN_FREE_BYTES = 2 * 1024 ** 3;
const MARK = { ok: '✓', warning: '!', failed: '✗' } as const;

export function addDoctorCommand(program: Command): void {
  addPlaceOptions(
    program
      .command('doctor')
      .description('look at this machine and installation: what is well, what is not, what to do')
      .option('--http-port <port>', 'port of the console', portNumber, 8080)
      .option('--device-port <port>', 'port 4G meters call in to', portNumber, 7777),
  )
    .option('--json', 'one JSON object')
    .action(run);
}

async function run(options: DoctorOptions): Promise<void> {
  try {
    const place = placeOf(options);
    const findings = [
      runtime(),
      await dataFolder(place.dataDir),
      await freeSpace(place.dataDir),
      timeZones(),
      ...(await program(options)),
      ...(await database({ ...place, log: silentLog })),
    ];
    const ok = findings.every(({ state }) => state !== 'failed');
    print(
      options,
      { ok, findings },
      findings.map(({ name, state, detail }) => `${MARK[state]} ${name}: ${detail}`).join('\n'),
    );
    process.exitCode = ok ? EXIT.done : EXIT.no;
  } catch (error) {
    printError(options, error);
    process.exitCode = EXIT.failed;
  }
}

function runtime(): Finding {
  return {
    name: 'runtime',
    state: 'ok',
    detail: `Node ${process.versions.node} on ${process.platform}-${process.arch}`,
  };
}

async function dataFolder(dataDir: string): Promise<Finding> {
  const name = 'data folder';
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    return { name, state: 'ok', detail: dataDir };
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: `${dataDir} cannot be written: ${error instanceof Error ? error.message : error}`,
    };
  }
}

async function freeSpace(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const gib = Math.floor((free / 1024 ** 3) * 10) / 10;
  return { name: 'disk', state: free < MIN_FREE_BYTES ? 'warning' : 'ok', detail: `${gib} GiB free` };
}

function timeZones(): Finding {
  const hour = new Intl.DateTimeFormat('en-US', { timeZone: 'Asia/Shanghai', hour: 'numeric', hourCycle: 'h23' });
  const ok = hour.format(new Date('2026-01-01T00:00:00Z')) === '08';
  return { name: 'time zones', state: ok ? 'ok' : 'failed', detail: ok ? 'known' : 'this Node lacks time zone data' };
}

async function program(options: DoctorOptions): Promise<Finding[]> {
  const health = await fetch(`http://127.0.0.1:${options.httpPort}/api/health`, { signal: AbortSignal.timeout(3_000) })
    .then((response) => response.json() as Promise<{ ok?: boolean; version?: string }>)
    .catch(() => null);
  const device = await answers(options.devicePort);
  if (health?.ok) {
    return [
      { name: 'program', state: 'ok', detail: `version ${health.version} answers on port ${options.httpPort}` },
      {
        name: 'head-end',
        state: device ? 'ok' : 'failed',
        detail: `port ${options.devicePort} ${device ? 'answers' : 'does not answer'}`,
      },
    ];
  }
  const taken = [
    ...((await answers(options.httpPort)) ? [options.httpPort] : []),
    ...(device ? [options.devicePort] : []),
  ];
  return [
    taken.length === 0
      ? { name: 'program', state: 'warning', detail: 'not running; its ports are free' }
      : { name: 'program', state: 'failed', detail: `not running, and something else uses port ${taken.join(', ')}` },
  ];
}

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      done(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });

async function database(options: Parameters<typeof visitStore>[0]): Promise<Finding[]> {
  let store: Store;
  try {
    store = await visitStore(options);
  } catch (error) {
    const isKey = error instanceof OpenPrepayError && error.code === 'platform.secret_key_missing';
    const detail = error instanceof Error ? error.message : String(error);
    return [{ name: isKey ? 'secret key' : 'database', state: 'failed', detail }];
  }
  try {
    const [server] = await store.db.query<{ version: string; sync: string }>(
      `select current_setting('server_version') as version, current_setting('synchronous_commit') as sync`,
    );
    const [meters] = await store.db.query<{ total: number; online: number }>(
      'select count(*)::int as total, count(*) filter (where online)::int as online from meter_state',
    );
    return [
      { name: 'database', state: 'ok', detail: `PostgreSQL ${server?.version}, schema up to date` },
      {
        name: 'durability',
        state: server?.sync === 'on' ? 'ok' : 'failed',
        detail: `synchronous_commit is ${server?.sync}`,
      },
      { name: 'meters', state: 'ok', detail: `${meters?.online} of ${meters?.total} online` },
      await secretKey(options.dataDir),
    ];
  } finally {
    await store.close();
  }
}

/** That it is the right one, opening the store has shown. */
async function secretKey(dataDir: string): Promise<Finding> {
  const path = secretKeyPath(dataDir);
  const { mode } = await stat(path);
  const isShut = process.platform === 'win32' || (mode & 0o077) === 0;
  return {
    name: 'secret key',
    state: isShut ? 'ok' : 'failed',
    detail: isShut
      ? `${path}; back it up with the database, and apart from it`
      : `${path} can be read by others: chmod 600`,
  };
}
