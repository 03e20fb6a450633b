import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, importSite, type RunningServer } from '@openprepay/server';
import { type Fault, firstSite, type Site } from '@openprepay/simulator';
import { newPlatformSecrets } from './secrets.ts';

export interface Demo {
  readonly site: Site;
  readonly folder: string;
}

export interface DemoOptions {
  readonly stalls: number;
  readonly faults: readonly Fault[];
  /** Port of the simulated IoT platform. */
  readonly platformPort: number;
}

/** A part of the demonstration that runs in a process of its own, as real meters would. */
export interface DemoMarket {
  /** Resolves when the simulator ends by itself. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const SEED = 20_260_302;
const STOP_WITHIN_MS = 5_000;
/** The first site's meters call in over 40 seconds, a smaller market's in as much less. */
const CALLS_PER_SECOND = 12;

/** The demonstration's site file, made once with secrets of its own, and imported into the database. */
export async function prepareDemo(db: Database, folder: string, options: DemoOptions): Promise<Demo> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `site-${options.stalls}.json`);
  const stored = await readFile(path, 'utf8').catch(() => null);
  const kept = stored === null ? newSite(options) : (JSON.parse(stored) as Site);
  const baseUrl = platformUrl(options);
  const site = { ...kept, nbProducts: kept.nbProducts.map((product) => ({ ...product, baseUrl })) };
  if (stored === null) {
    await writeFile(`${path}.new`, JSON.stringify(site), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
  await importSite(db, site, new Date());
  return { site, folder };
}

const platformUrl = ({ platformPort }: DemoOptions) => `http://127.0.0.1:${platformPort}`;

const newSite = (options: DemoOptions): Site =>
  firstSite({ seed: SEED, stalls: options.stalls, nbBaseUrl: platformUrl(options), secrets: newPlatformSecrets() });

export async function startDemo(demo: Demo, server: RunningServer, options: DemoOptions): Promise<DemoMarket> {
  const config = join(demo.folder, 'simulator.json');
  const content = {
    site: demo.site,
    seed: SEED,
    deviceHost: '127.0.0.1',
    devicePort: server.devicePort,
    nbListen: { host: '127.0.0.1', port: options.platformPort },
    pushBaseUrl: server.httpUrl,
    stateFile: join(demo.folder, `simulator-${options.stalls}.state`),
    faults: options.faults,
    clock: server.clockAnchor,
    connectWithinMs: Math.round((demo.site.stalls.length / CALLS_PER_SECOND) * 1_000),
  };
  await writeFile(config, JSON.stringify(content), { mode: 0o600 });
  // Not in the terminal's process group, so that Ctrl-C reaches it in order, through us; it ends when we are gone.
  const child = fork(join(import.meta.dirname, '../../simulator/src/main.ts'), ['--config', config], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
  });
  return { ended, stop: () => stopChild(child, ended) };
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(impatient);
}
