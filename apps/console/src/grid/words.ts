import type { StallCell } from '@openprepay/contract';
import { text } from '../locales/index.ts';

type CellMeter = StallCell['meters'][number];

/** Whether the meter is still to become what is wanted; a command may stay open for a while after its read-back said so. */
export const isSwitching = (meter: CellMeter): boolean => meter.switching && meter.switchState !== meter.wanted;

/** The one word a card has room for: what is most in the way of the rest. */
export function switchWord(meter: CellMeter): string {
  if (isSwitching(meter)) return text('switching');
  return meter.online ? text(`switch.${meter.kind}.${meter.switchState}`) : text('grid.offline');
}

/** All there is to say of a meter's switch: its state by read-back, whether that is changing, and whether it answers. */
export function switchWords(meter: CellMeter): string {
  const words = [
    text(`kind.${meter.kind}`),
    text(`switch.${meter.kind}.${meter.switchState}`),
    isSwitching(meter) ? text('switching') : '',
    meter.online ? '' : text('grid.offline'),
  ];
  return words.filter((word) => word !== '').join(' ');
}
