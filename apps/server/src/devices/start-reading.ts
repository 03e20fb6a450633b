import type { StartReading } from '@openprepay/contract';
import type { Tx } from '../platform/database.ts';
import { judgeNew, limitsOf } from '../readings/judgement.ts';
import { keep, shownReading, takeManual } from '../readings/manual.ts';
import { parseRegister, type RegisterFacts } from '../readings/register-value.ts';

export interface Start {
  readonly marketId: string;
  readonly operatorId: string;
  readonly meter: { readonly meterId: string };
  /** When the meter showed it. */
  readonly at: Date;
  readonly now: Date;
  readonly start: StartReading;
  readonly note: string;
}

/** What a meter shows when it begins at a stall, as a reading that a person took. @throws what `takeManual` throws */
export async function takeStart(tx: Tx, { marketId, operatorId, meter, at, now, start, note }: Start): Promise<void> {
  await takeManual(tx, now, {
    marketId,
    operatorId,
    meterId: meter.meterId,
    readAt: at,
    register: parseRegister(start.value),
    tariffs: start.tariffs?.map((value) => (value === null ? null : parseRegister(value))) ?? null,
    note,
    photo: null,
    confirmJump: false,
  });
}

/** Of a meter that is new, and of which nothing is known that it could be judged by. */
export interface FirstReading extends RegisterFacts {
  readonly meterId: string;
  readonly serial: string;
  /** Before CT, in Wh or litres. */
  readonly register: bigint;
}

/** The start readings of many new meters at once. @throws readings.beyond_register */
export async function takeStarts(
  tx: Tx,
  { marketId, operatorId }: { readonly marketId: string; readonly operatorId: string },
  at: Date,
  meters: readonly FirstReading[],
): Promise<void> {
  if (meters.length === 0) return;
  const shown = meters.map((meter) => {
    const { meterId, register } = meter;
    return shownReading(meter, { meterId, readAt: at, register, tariffs: null, note: 'imported', operatorId }, at);
  });
  const limits = new Map(meters.map((meter) => [meter.meterId, limitsOf(meter)]));
  const { judged } = await judgeNew(tx, marketId, shown, limits);
  await keep(tx, marketId, judged);
}
