import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const CONSOLE = join(ROOT, 'apps/console');
const DIST = join(CONSOLE, 'dist');
const SOURCES = [
  join(CONSOLE, 'src'),
  join(CONSOLE, 'index.html'),
  join(ROOT, 'packages/contract/src'),
  join(ROOT, 'packages/domain/src'),
  join(ROOT, 'packages/kernel/src'),
];

/** The folder of the built console, building it first when its sources are newer than what was built. */
export async function buildConsole(say: (line: string) => void): Promise<string> {
  const builtAt = await newest([join(DIST, 'index.html')]);
  if (builtAt < (await newest(SOURCES))) {
    say('Building the console, once …');
    const vite = createRequire(join(CONSOLE, 'package.json')).resolve('vite/package.json');
    await promisify(execFile)(process.execPath, [join(dirname(vite), 'bin/vite.js'), 'build', CONSOLE]);
  }
  return DIST;
}

async function newest(paths: readonly string[]): Promise<number> {
  let latest = 0;
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (!found) continue;
    latest = Math.max(latest, found.isDirectory() ? 0 : found.mtimeMs);
    if (found.isDirectory())
      latest = Math.max(latest, await newest((await readdir(path)).map((name) => join(path, name))));
  }
  return latest;
}
