import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const COMMAND = join(ROOT, 'apps/cli/bin/openprepay.mjs');

export interface Started {
  readonly httpUrl: string;
  readonly devicePort: number;
  readonly firstAdmin: { readonly login: string; readonly password: string } | null;
}

/** `openprepay start …` as a process of its own, as a person starts it. */
export interface Program extends Started {
  readonly child: ChildProcess;
  /** Ends it with a signal and waits for its end; resolves with the exit code, or null when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export async function startProgram(args: readonly string[]): Promise<Program> {
  const child = spawn(process.execPath, [COMMAND, 'start', '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const exit = new Promise<number | null>((done) => {
    child.once('exit', (code) => done(code));
  });
  const started = await new Promise<Started>((done, fail) => {
    let text = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      text += line;
      if (line === '}') done(JSON.parse(text) as Started);
    });
    void exit.then((code) => fail(new Error(`the program ended with ${code}: ${text} ${errors.join('')}`)));
  });
  return {
    ...started,
    child,
    end(signal) {
      child.kill(signal);
      return exit;
    },
  };
}

/** Runs one command to its end. */
export async function openprepay(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [COMMAND, ...args]);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}
