import type { ZonedParts } from '@openprepay/kernel';
import type { Ask, Dialogue, FrozenReading, MeterPoint } from '@openprepay/protocols/driver';

/** How a virtual meter misbehaves. Each is a thing that real ones were seen to do. */
export interface Misbehaviour {
  /** It answers every question with its protocol's refusal. */
  refuses: boolean;
  /** It refuses questions for a block, and answers those for a single value. */
  refusesBlocks: boolean;
  /** Its clock shows a time that no calendar has. */
  absurdClock: boolean;
  /** The phases that it does not have are filled with FF. */
  absentPhases: boolean;
  /** Its answers come in parts of so few bytes, to be asked for one by one; null: whole. */
  partBytes: number | null;
}

/** A meter made of state and the codecs of its protocol: it takes frames and gives frames, and keeps no time. */
export interface VirtualMeter {
  readonly point: MeterPoint;
  /** Wh or litres. */
  total: bigint;
  clock: ZonedParts;
  switchState: 'on' | 'off';
  frozen: readonly FrozenReading[];
  readonly faults: Misbehaviour;
  /** The answer to one frame as it came over the wire; null where it is not for this meter, or nobody answers. */
  answer(request: Uint8Array): Uint8Array | null;
}

export const noFaults = (): Misbehaviour => ({
  refuses: false,
  refusesBlocks: false,
  absurdClock: false,
  absentPhases: false,
  partBytes: null,
});

export const NOON: ZonedParts = { year: 2026, month: 10, day: 12, hour: 12, minute: 34, second: 56, weekday: 1 };

/** More questions than any dialogue may need. */
export const MOST_QUESTIONS = 600;

/** Runs a dialogue against whoever answers, and keeps what was asked. */
export function converse<T>(
  dialogue: Dialogue<T>,
  answer: (ask: Ask) => Uint8Array,
): { readonly value: T; readonly asks: readonly Ask[] } {
  const asks: Ask[] = [];
  let step = dialogue.next();
  while (!step.done) {
    if (asks.push(step.value) > MOST_QUESTIONS) throw new Error(`over ${MOST_QUESTIONS} questions`);
    step = dialogue.next(answer(step.value));
  }
  return { value: step.value, asks };
}
