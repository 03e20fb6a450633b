export { ESTIMATE_FROM_DAYS, estimateTotal, VALID_GAP_MS } from './estimate.ts';
export { type Candidate, judge, type SuspectReason } from './judge.ts';
export { asShown, type Counted, countOn, type MeterLimits, type Neighbours, turnOf } from './register.ts';
export { judgeSeries, type Verdict } from './series.ts';
