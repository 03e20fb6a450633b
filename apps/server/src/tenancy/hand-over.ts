import type { HandOverReading } from '@openprepay/contract';
import { VALID_GAP_MS } from '@openprepay/domain';
import { lastTenancyChange } from '../accounts/index.ts';
import type { Tx } from '../platform/database.ts';
import { lockMeters, repeatLast, takeManual } from '../readings/index.ts';
import { parseRegister } from '../readings/register-value.ts';
import { tenancyError } from './errors.ts';
import { type HandedMeter, metersToHandOver } from './store.ts';

/** Who hands over or takes, when it is written down, and why. */
export interface Act {
  readonly marketId: string;
  readonly operatorId: string;
  readonly now: Date;
  readonly note: string;
}

/** One instant at which every meter has a good reading: the end of one time and the beginning of the next. */
export interface HandOver {
  readonly at: Date;
  /** Of the stalls, and of the time that ends: to be settled before anybody else has them. */
  readonly meterIds: readonly string[];
}

/**
 * Fixes the instant of a hand-over and sees to it that each meter has a good reading there, so that each kWh is one
 * tenant's and none is nobody's. What a person typed was read now. Where nobody typed anything it is the newest reading of
 * the meters. A meter that was not read then stands where it stood last, if that is young enough to say so of the same day.
 * From here until the transaction ends no reading of the meters comes in.
 * @throws tenancy.not_its_meter, tenancy.meter_on_hold, tenancy.reading_too_old, tenancy.too_soon, and what readings
 *   refuses of a typed one
 */
export async function takeReadings(
  tx: Tx,
  act: Act,
  stallIds: readonly string[],
  typed: readonly HandOverReading[],
): Promise<HandOver> {
  const { marketId } = act;
  const meterIds = (await metersToHandOver(tx, marketId, stallIds)).map(({ meterId }) => meterId);
  await lockMeters(tx, marketId, meterIds);
  const meters = await metersToHandOver(tx, marketId, stallIds);
  const there = meters.filter(({ isThere }) => isThere);
  mustBeOf(there, typed);
  mustNotBeHeld(meters);
  const at = await instantOf(tx, act, stallIds, there, typed.length > 0);
  for (const reading of typed) await take(tx, act, reading, at);
  const unread = there.filter(
    ({ meterId, lastReadAt }) =>
      lastReadAt !== null && lastReadAt < at && !typed.some((reading) => reading.meterId === meterId),
  );
  mustBeYoung(unread, at);
  const repeated = { ...act, meterIds: unread.map(({ meterId }) => meterId), at };
  if (unread.length > 0) await repeatLast(tx, act.now, repeated);
  return { at, meterIds };
}

/** @throws tenancy.not_its_meter for a meter that is none of these, or is named twice */
export function mustBeOf(meters: readonly Pick<HandedMeter, 'meterId'>[], typed: readonly HandOverReading[]): void {
  const left = new Set(meters.map(({ meterId }) => meterId));
  for (const { meterId } of typed) {
    if (!left.delete(meterId)) {
      throw tenancyError('tenancy.not_its_meter', 'a reading is of a meter that is not at these stalls', { meterId });
    }
  }
}

function mustNotBeHeld(meters: readonly HandedMeter[]): void {
  const held = meters.filter(({ onHold }) => onHold).map(({ serial }) => serial);
  if (held.length === 0) return;
  throw tenancyError(
    'tenancy.meter_on_hold',
    `a reading of ${held.join(', ')} waits for a person's word: release it first`,
    { meters: held.join(', ') },
  );
}

async function instantOf(
  tx: Tx,
  { marketId, now }: Act,
  stallIds: readonly string[],
  meters: readonly HandedMeter[],
  isTyped: boolean,
): Promise<Date> {
  const { beganAt, endedAt } = await lastTenancyChange(tx, marketId, stallIds);
  const isFree = (at: Date) => (beganAt === null || at > beganAt) && (endedAt === null || at >= endedAt);
  const newest = Math.max(...meters.map(({ lastReadAt }) => lastReadAt?.getTime() ?? 0));
  const isYoung = now.getTime() - newest <= VALID_GAP_MS && !meters.some(({ isSilent }) => isSilent);
  if (!isTyped && isYoung && isFree(new Date(newest))) return new Date(newest);
  if (!isFree(now)) throw tenancyError('tenancy.too_soon', 'the stall changed hands at this very instant');
  return now;
}

function mustBeYoung(unread: readonly HandedMeter[], at: Date): void {
  const old = unread.filter(
    ({ lastReadAt, isSilent }) => isSilent || (lastReadAt && at.getTime() - lastReadAt.getTime() > VALID_GAP_MS),
  );
  if (old.length === 0) return;
  const meters = old.map(({ serial }) => serial).join(', ');
  throw tenancyError('tenancy.reading_too_old', `the last reading of ${meters} is too old: read it and type it`, {
    meters,
  });
}

async function take(tx: Tx, { marketId, operatorId, now, note }: Act, typed: HandOverReading, at: Date): Promise<void> {
  await takeManual(tx, now, {
    marketId,
    operatorId,
    meterId: typed.meterId,
    readAt: at,
    note,
    register: parseRegister(typed.value),
    tariffs: typed.tariffs?.map((value) => (value === null ? null : parseRegister(value))) ?? null,
    photo: typed.photoBase64 === undefined ? null : Buffer.from(typed.photoBase64, 'base64'),
    confirmJump: typed.confirmJump ?? false,
  });
}
