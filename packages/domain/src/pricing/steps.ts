import { type Quantity, quantity } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import { isObject, shown } from './json.ts';

/** After which time the use that decides the step is counted from nothing again, by the market's calendar. */
export type StepPeriod = 'month' | 'year';

/** A price that holds for use up to a boundary, counted from the start of the billing period; the last has no end. */
export interface Step<Price> {
  /** Wh or litres; null for the last step. */
  readonly upTo: Quantity | null;
  readonly price: Price;
}

const MAX_STEPS = 12;

/**
 * Reads `{"period": "month", "steps": [{"upTo": 200000, …}, {…}]}`: boundaries rise, in whole Wh or litres, and only the
 * last step has none.
 * @param priceOf reads the price of one step
 * @throws pricing.bad_steps, and what priceOf throws
 */
export function parseSteps<Price>(
  json: Readonly<Record<string, unknown>>,
  priceOf: (step: Readonly<Record<string, unknown>>, where: string, at: string) => Price,
): { readonly period: StepPeriod; readonly steps: readonly Step<Price>[] } {
  const { period, steps } = json;
  if (period !== 'month' && period !== 'year') {
    throw badSteps(`steps begin anew each month or year, not ${shown(period)}`, 'period');
  }
  if (!Array.isArray(steps) || steps.length < 2 || steps.length > MAX_STEPS) {
    throw badSteps(`there are 2 to ${MAX_STEPS} steps`, 'steps');
  }
  let below = 0n;
  const parsed = steps.map((step: unknown, index): Step<Price> => {
    const where = `step ${index + 1}`;
    const at = `steps[${index}]`;
    if (!isObject(step)) throw badSteps(`${where} is not an object`, at);
    const upTo = index < steps.length - 1 ? parseBoundary(step['upTo'], below, where, at) : null;
    if (upTo === null && (step['upTo'] ?? null) !== null) {
      throw badSteps(`${where} is the last and has no boundary`, `${at}.upTo`);
    }
    below = upTo ?? below;
    return { upTo, price: priceOf(step, where, at) };
  });
  return { period, steps: parsed };
}

function parseBoundary(upTo: unknown, below: bigint, where: string, at: string): Quantity {
  if (typeof upTo !== 'number' || !Number.isSafeInteger(upTo)) {
    throw badSteps(`${where} ends at a whole number of Wh or litres, not at ${shown(upTo)}`, `${at}.upTo`);
  }
  const boundary = quantity(upTo);
  if (boundary <= below) throw badSteps(`${where} ends at ${upTo}, not above ${below}`, `${at}.upTo`);
  return boundary;
}

const badSteps = (why: string, at: string) => domainError('pricing.bad_steps', why, { at });

/**
 * Divides use exactly at the boundaries.
 * @param useBefore what was used in the billing period before
 * @returns the use in each step, in their order; together they are `use`
 */
export function divideBySteps(steps: readonly Step<unknown>[], useBefore: Quantity, use: Quantity): Quantity[] {
  const useAfter = useBefore + use;
  let low = 0n;
  return steps.map(({ upTo }) => {
    const begin = useBefore > low ? useBefore : low;
    const end = upTo === null || useAfter < upTo ? useAfter : upTo;
    low = upTo ?? low;
    return quantity(end > begin ? end - begin : 0n);
  });
}
