import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** What each program comes with. */
const SOURCES: Readonly<Record<string, string>> = {
  mbpoll: 'apt-get install mbpoll',
  socat: 'apt-get install socat',
  mosquitto: 'apt-get install mosquitto',
};
const PYTHON = process.env['COUNTERPARTS_PYTHON'] ?? '/usr/bin/python3';

/** The program by this name. @throws in words of how it is installed */
export function need(program: string): string {
  if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) {
    throw new Error(`${program} is not installed: ${SOURCES[program] ?? program}`);
  }
  return program;
}

/** A Python that has the module. @throws in words of how it is installed */
export function needModule(name: string, source: string): string {
  const { status, stderr } = spawnSync(PYTHON, ['-c', `import ${name}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${PYTHON} has no ${name}: ${source}\n${stderr}`);
  return PYTHON;
}

export const script = (name: string): string => join(import.meta.dirname, name);

/** Runs a program to its end. @returns what it said, with its exit code */
export async function run(command: string, args: readonly string[]): Promise<{ said: string; exitCode: number }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const [exitCode] = await once(child, 'close');
  return { said, exitCode: Number(exitCode) };
}

/** Starts a program that goes on. Resolves when it has said that it is ready; its end is `stop`. */
export async function serve(command: string, args: readonly string[], ready: RegExp): Promise<() => Promise<void>> {
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  await new Promise<void>((done, failed) => {
    const hear = (chunk: unknown) => {
      said += String(chunk);
      if (ready.test(said)) done();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('error', failed);
    child.on('close', () => failed(new Error(`${command} ended: ${said}`)));
  });
  return async () => {
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  };
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
