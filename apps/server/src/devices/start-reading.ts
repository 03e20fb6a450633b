import type { StartReading } from '@openprepay/contract';
import type { Tx } from '../platform/database.ts';
import { takeManual } from '../readings/manual.ts';
import { parseRegister } from '../readings/register-value.ts';

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
