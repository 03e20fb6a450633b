export { releaseHold } from './holds.ts';
export { intake } from './intake.ts';
export type { LiveOrigin, MeterReport } from './types.ts';
