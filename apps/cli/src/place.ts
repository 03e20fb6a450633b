import { resolve } from 'node:path';
import { OpenPrepayError } from '@openprepay/kernel';
import type { Command } from 'commander';
import { pino } from 'pino';

/** Where an installation keeps its data; the same for every command that looks at it. */
export interface PlaceOptions {
  readonly data?: string;
  readonly demo?: boolean;
}

export function addPlaceOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'folder for data (default: ./data, or $OPENPREPAY_DATA)')
    .option('--demo', 'the demonstration market, in a folder of its own below the data folder');
}

export function placeOf(options: PlaceOptions): { dataDir: string; databaseUrl: string | null } {
  const base = resolve(options.data ?? process.env['OPENPREPAY_DATA'] ?? 'data');
  // A demonstration never touches the data of a real market, nor its database.
  if (options.demo) return { dataDir: resolve(base, 'demo'), databaseUrl: null };
  return { dataDir: base, databaseUrl: process.env['DATABASE_URL'] || null };
}

/** A named error says what it is in a line; only one that nobody named needs its stack. */
const errorOf = (error: unknown) =>
  error instanceof OpenPrepayError
    ? { code: error.code, message: error.message, ...error.details }
    : pino.stdSerializers.err(error as Error);

export const openLog = (level: string) =>
  pino({ level, base: null, serializers: { err: errorOf } }, pino.destination({ dest: 2, sync: false }));
