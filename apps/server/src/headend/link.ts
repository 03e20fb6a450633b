import type { Context } from '../platform/context.ts';
import type { Contacts } from './contacts.ts';
import type { LinkLimits } from './limits.ts';
import type { ReachableMeter } from './reachable.ts';
import type { ReportQueue } from './report-queue.ts';
import type { Sessions } from './sessions.ts';
import type { Stats } from './stats.ts';
import type { Trace } from './trace.ts';

/** What every connection of every link shares. */
export interface LinkEnv {
  readonly ctx: Context;
  readonly limits: LinkLimits;
  readonly stats: Stats;
  readonly reports: ReportQueue;
  readonly contacts: Contacts;
  readonly sessions: Sessions;
  readonly trace: Trace;
  /** A meter can be reached from now on. */
  onReachable(meter: ReachableMeter): void;
}
