export { correctReading, type PostedCorrection, type ReadingCorrection } from './correction.ts';
export { startSettlement } from './jobs.ts';
export { chargeSilentMeters } from './provisional.ts';
export { settleMarket } from './service.ts';
export type { Settled, Skipped } from './types.ts';
