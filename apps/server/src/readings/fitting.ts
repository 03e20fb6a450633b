import { countOn, judge, type SuspectReason } from '@openprepay/domain';
import type { Quantity } from '@openprepay/kernel';
import type { Tx } from '../platform/database.ts';
import { readingsError } from './errors.ts';
import { limitsOf } from './judgement.ts';
import type { MeterFacts } from './meters.ts';
import { afterCt } from './register-value.ts';
import { surroundings } from './store.ts';

const REFUSAL: Readonly<Record<SuspectReason, readonly [Parameters<typeof readingsError>[0], string]>> = {
  decrease: ['readings.would_decrease', 'the register would fall between this value and a good one'],
  jump: ['readings.confirm_jump', 'this is more than the meter can have counted; say so if it is right all the same'],
  future_time: ['readings.time_in_future', 'the time of this reading has not come yet'],
  clock_drift: ['readings.time_in_future', 'the time of this reading has not come yet'],
  tariff_sum: ['readings.tariffs_do_not_add_up', 'the tariff registers do not add up to the total'],
};

/** The error that stands for a judgement, where a person is there to be asked. */
export const refusalOf = (reason: SuspectReason) => readingsError(...REFUSAL[reason]);

/**
 * A person's value for a stored reading, counted on from the good ones around it.
 * @throws readings.beyond_register, readings.would_decrease, readings.confirm_jump
 */
export async function fittingValue(
  tx: Tx,
  marketId: string,
  at: Omit<MeterFacts, 'serial'> & { readonly readAt: Date },
  register: bigint,
  confirmJump: boolean,
): Promise<{ readonly total: Quantity; readonly turnovers: number }> {
  const [found] = await surroundings(tx, marketId, [at]);
  const around = {
    before: found?.good.find(({ readAt }) => readAt < at.readAt) ?? null,
    after: found?.good.find(({ readAt }) => readAt > at.readAt) ?? null,
  };
  const limits = limitsOf(at);
  const shown = { readAt: at.readAt, receivedAt: at.readAt, isAnswer: false, total: afterCt(at, register) };
  const value = countOn(shown, around, limits);
  const suspect = judge(value, around, limits);
  if (suspect !== null && !(suspect === 'jump' && confirmJump)) throw refusalOf(suspect);
  return value;
}
