export {
  type Candidate,
  judge,
  type MeterLimits,
  type Neighbours,
  type SuspectReason,
} from './judge.ts';
export { judgeSeries, type Verdict } from './series.ts';
