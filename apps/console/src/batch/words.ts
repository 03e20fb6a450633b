import type { MassRow, MassRowState, ReadRow, ReadRowState } from '@openprepay/contract';
import { codeText, text } from '../locales/index.ts';
import type { IconName } from '../ui/icons.ts';

/** Of a row of any batch. */
export type BatchRowState = MassRowState | ReadRowState;
export type BatchRow = MassRow | ReadRow;

/** In the order in which a meter goes through them; what went wrong comes last. */
export const ROW_STATES: readonly BatchRowState[] = [
  'asked',
  'waiting',
  'queued',
  'sent',
  'acknowledged',
  'confirmed',
  'answered',
  'unchanged',
  'skipped',
  'cancelled',
  'superseded',
  'failed',
  'expired',
];

type Tone = 'good' | 'bad' | 'busy' | 'still';
const LOOKS: Readonly<Record<BatchRowState, readonly [Tone, IconName]>> = {
  asked: ['busy', 'clock'],
  waiting: ['busy', 'clock'],
  queued: ['busy', 'clock'],
  sent: ['busy', 'spinner'],
  acknowledged: ['busy', 'spinner'],
  confirmed: ['good', 'check'],
  answered: ['good', 'check'],
  unchanged: ['good', 'check'],
  skipped: ['still', 'forced_off'],
  cancelled: ['still', 'close'],
  superseded: ['still', 'chevron'],
  failed: ['bad', 'exception'],
  expired: ['bad', 'exception'],
};
export const toneOf = (state: BatchRowState): Tone => LOOKS[state][0];
export const iconOf = (state: BatchRowState): IconName => LOOKS[state][1];

const MOVING: readonly string[] = ['waiting', 'queued', 'sent', 'acknowledged'];
/** Whether some meter is on its way. */
export const isMoving = (counts: Readonly<Record<string, number>>): boolean =>
  MOVING.some((state) => (counts[state] ?? 0) > 0);

/** Why a meter was skipped, or what its last try brought. */
export function noteOf({ skip, outcome }: Pick<MassRow, 'skip' | 'outcome'>): string {
  if (skip) return text(`batch.skip.${skip}`);
  if (outcome === null) return '';
  return codeText('outcome', outcome);
}

/** Why a meter of a batch of readings was skipped, or why it could not be read. */
export function readNoteOf({ state, note }: Pick<ReadRow, 'state' | 'note'>): string {
  if (note === null) return '';
  return state === 'skipped' ? codeText('readSkip', note) : codeText('readOutcome', note);
}
