import type { Context } from '../../platform/context.ts';
import type { Contacts } from '../contacts.ts';
import type { ReportQueue } from '../report-queue.ts';
import type { Stats } from '../stats.ts';
import type { Acrel4gLimits } from './limits.ts';
import type { ReachableMeter, Sessions } from './sessions.ts';

/** What every connection of the device port shares. */
export interface Acrel4gLink {
  readonly ctx: Context;
  readonly limits: Acrel4gLimits;
  readonly stats: Stats;
  readonly reports: ReportQueue;
  readonly contacts: Contacts;
  readonly sessions: Sessions;
  /** A meter can be reached from now on. */
  onReachable(meter: ReachableMeter): void;
}
