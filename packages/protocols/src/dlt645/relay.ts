import { concatBytes } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { decodeDigits, encodeDigits } from './authority.ts';
import type { Source } from './format.ts';

/**
 * N1 of control 1C. `allow_close` lets the tenant close by the meter's button. A meter under `keep_power` refuses a
 * trip.
 */
export const RELAY_ACTIONS = {
  trip: { code: 0x1a, meaning: 'trip (supply off)', source: 'recorded' },
  allow_close: { code: 0x1b, meaning: 'allow closing by the button', source: 'recorded' },
  close: { code: 0x1c, meaning: 'close (supply on)', source: 'recorded' },
  delayed_trip: { code: 0x1d, meaning: 'delayed trip', source: 'known' },
  delayed_close: { code: 0x1e, meaning: 'delayed close', source: 'known' },
  alarm: { code: 0x2a, meaning: 'alarm on', source: 'recorded' },
  alarm_off: { code: 0x2b, meaning: 'alarm off', source: 'recorded' },
  keep_power: { code: 0x3a, meaning: 'keep power', source: 'recorded' },
  keep_power_off: { code: 0x3b, meaning: 'keep power no more', source: 'known' },
} as const satisfies Readonly<Record<string, { code: number; meaning: string; source: Source }>>;

export type RelayAction = keyof typeof RELAY_ACTIONS;

/** N1 N2 N3..N8. */
export interface RelayOrder {
  readonly action: RelayAction;
  /** N2: 0, but for some makes. */
  readonly extra: number;
  /** `YYMMDDhhmmss`: later than that the meter does nothing. */
  readonly validUntil: string;
}

const LAYOUT = 'YYMMDDhhmmss';
const ORDER_BYTES = 8;
const ACTIONS = Object.keys(RELAY_ACTIONS).filter((name): name is RelayAction => name in RELAY_ACTIONS);

/** @throws frame.bad_value, frame.bad_bcd */
export function encodeRelayOrder({ action, extra, validUntil }: RelayOrder): Uint8Array {
  if (!Number.isInteger(extra) || extra < 0 || extra > 0xff) throw protocolError('frame.bad_value', 'N2 is one byte');
  return concatBytes(Uint8Array.of(RELAY_ACTIONS[action].code, extra), encodeDigits(validUntil, LAYOUT));
}

/** @throws frame.bad_length, frame.bad_value, frame.bad_bcd */
export function decodeRelayOrder(wire: Uint8Array): RelayOrder {
  if (wire.length !== ORDER_BYTES) throw protocolError('frame.bad_length', `an order has ${ORDER_BYTES} bytes`);
  const action = ACTIONS.find((name) => RELAY_ACTIONS[name].code === wire[0]);
  if (!action) throw protocolError('frame.bad_value', 'no such relay order', { n1: wire[0] });
  return { action, extra: wire[1] ?? 0, validUntil: decodeDigits(wire.subarray(2), LAYOUT) };
}
