export { type Correctable, findCorrectable, putRight } from './correct.ts';
export { type Release, releaseHold } from './holds.ts';
export { intake } from './intake.ts';
export { type Estimate, estimateFinal, type ManualReading, type TakenReading, takeManual } from './manual.ts';
export { type PhotoMediaType, sniffPhoto } from './photos.ts';
export { repeatLast } from './repeat.ts';
export { lockMeters } from './store.ts';
export type { LiveOrigin, MeterReport } from './types.ts';
