export { correctReading, type PostedCorrection, type ReadingCorrection } from './correction.ts';
export { startSettlement } from './jobs.ts';
export { chargeSilentMeters } from './provisional.ts';
export { settleMarket, settleMeters } from './service.ts';
export type { Settled, Skipped } from './types.ts';
