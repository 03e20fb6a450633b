import type { MassRow, MassRowState } from '@openprepay/contract';
import { codeText, text } from '../locales/index.ts';
import type { IconName } from '../ui/icons.ts';

/** In the order in which a meter goes through them; what went wrong comes last. */
export const ROW_STATES: readonly MassRowState[] = [
  'asked',
  'waiting',
  'queued',
  'sent',
  'acknowledged',
  'confirmed',
  'unchanged',
  'skipped',
  'cancelled',
  'superseded',
  'failed',
  'expired',
];

type Tone = 'good' | 'bad' | 'busy' | 'still';
const LOOKS: Readonly<Record<MassRowState, readonly [Tone, IconName]>> = {
  asked: ['busy', 'clock'],
  waiting: ['busy', 'clock'],
  queued: ['busy', 'clock'],
  sent: ['busy', 'spinner'],
  acknowledged: ['busy', 'spinner'],
  confirmed: ['good', 'check'],
  unchanged: ['good', 'check'],
  skipped: ['still', 'forced_off'],
  cancelled: ['still', 'close'],
  superseded: ['still', 'chevron'],
  failed: ['bad', 'exception'],
  expired: ['bad', 'exception'],
};
export const toneOf = (state: MassRowState): Tone => LOOKS[state][0];
export const iconOf = (state: MassRowState): IconName => LOOKS[state][1];

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
