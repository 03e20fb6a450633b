import { OpenPrepayError } from '@openprepay/kernel';
import { isProtocolError } from '@openprepay/protocols';
import type { Dialogue } from '@openprepay/protocols/driver';
import type { Converse } from './reachable.ts';

/** Runs a dialogue to its end, each question when the line is free for it. Errors are the line's and the driver's. */
export const converse: Converse = async (meter, priority, dialogue, beforeWrite) => {
  const replies: Uint8Array[] = [];
  let step = dialogue.next();
  while (!step.done) {
    const ask = step.value;
    const prepare = async () => (ask.write && beforeWrite && !(await beforeWrite(ask.request)) ? null : ask);
    const frame = await meter.line.ask(priority, prepare, meter);
    if (frame === null) return null;
    if (frame.length > 0) replies.push(frame);
    step = dialogue.next(frame);
  }
  return { value: step.value, replies };
};

export type SilentOutcome = 'no_answer' | 'refused' | 'bad_reply';

/**
 * The meter did not answer, refused or made no sense: that is a result of delivery, and goes on record by this name.
 * Anything else is a fault, and is thrown on.
 */
export function outcomeOf(error: unknown): SilentOutcome {
  if (error instanceof OpenPrepayError && error.code === 'headend.request_timed_out') return 'no_answer';
  if (!isProtocolError(error)) throw error;
  return error.code.startsWith('meter.') ? 'refused' : 'bad_reply';
}

/** A dialogue does no I/O, so its first question can be had for the record. */
export function firstRequest(dialogue: Dialogue<unknown>): Uint8Array {
  const first = dialogue.next();
  return first.done ? new Uint8Array(0) : first.value.request;
}
