import { OpenPrepayError } from '@openprepay/kernel';

/** Exit codes: 0 done · 1 the answer is no (an invalid frame, a failed check) · 2 wrong use · 3 it could not be done. */
export const EXIT = { done: 0, no: 1, usage: 2, failed: 3 } as const;

export interface OutputOptions {
  readonly json?: boolean;
}

/** One JSON object on standard output with `--json`, text for people without. */
export function print(options: OutputOptions, data: unknown, text: string): void {
  process.stdout.write(options.json ? `${JSON.stringify(data, bigintAsNumber, 2)}\n` : `${text}\n`);
}

export function printError(options: OutputOptions, error: unknown): void {
  const known = error instanceof OpenPrepayError;
  const code = known ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  if (options.json) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  else process.stderr.write(`${message} [${code}]\n`);
  if (!known && error instanceof Error && !options.json) process.stderr.write(`${error.stack ?? ''}\n`);
}

const bigintAsNumber = (_key: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
