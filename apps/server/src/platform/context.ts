import type { Clock } from '@openprepay/kernel';
import type { Database } from './database.ts';
import type { Log } from './log.ts';
import type { Signals } from './signals.ts';

/** What every room is given. `clock` is business time, which a demonstration may run faster; timers are wire time. */
export interface Context {
  readonly db: Database;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly log: Log;
}
