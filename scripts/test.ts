import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from './browser.ts';

/*
 * All the checks there are, in the order in which they fail fastest: style, types, console build, then every test.
 * Ends with one line, "N passed, N failed".
 */

const bin = join(import.meta.dirname, '../node_modules/.bin');
const root = join(import.meta.dirname, '..');
const say = (line: string) => console.log(`\n— ${line}`);

function run(title: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  say(title);
  const { status, signal, error } = spawnSync(join(bin, command), args, { cwd: root, stdio: 'inherit', env });
  if (error) console.error(error.message);
  if (signal) console.error(`${command} was ended by ${signal}`);
  return status === 0;
}

const steps = [
  () => run('style', 'biome', ['check', '.']),
  () => run('types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']),
  () => run('types of the console', 'vue-tsc', ['--noEmit', '-p', 'apps/console/tsconfig.json']),
  () => run('console', 'vite', ['build', 'apps/console', '--logLevel', 'warn']),
];
for (const step of steps) {
  if (!step()) {
    console.log('\n0 passed, 1 failed');
    process.exit(1);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'openprepay-tests-'));
const report = join(folder, 'report.json');
const chromium = await findChromium(say);
const ok = run(
  'tests',
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  {
    ...process.env,
    OPENPREPAY_CHROMIUM: chromium,
  },
);
let counts = { numPassedTests: 0, numFailedTests: 1 };
try {
  counts = JSON.parse(readFileSync(report, 'utf8')) as typeof counts;
} catch {
  console.error('the test runner left no report');
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${counts.numPassedTests} passed, ${ok ? 0 : Math.max(1, counts.numFailedTests)} failed`);
process.exit(ok ? 0 : 1);
