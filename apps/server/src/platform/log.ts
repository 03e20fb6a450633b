import type { Logger } from 'pino';

/** Structured log: `log.info({ meterId }, 'what happened')`. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
