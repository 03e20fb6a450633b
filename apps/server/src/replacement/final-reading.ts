import type { FinalReading } from '@openprepay/contract';
import type { Act, RegisteredMeter } from '../devices/index.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { estimateFinal, takeManual } from '../readings/manual.ts';
import { parseRegister } from '../readings/register-value.ts';
import { replacementError } from './errors.ts';

/** How old a reading may be that is called just now: a technician reads, climbs down and writes. */
const JUST_NOW_MS = 30 * 60_000;

interface LastReading {
  readonly readAt: Date;
  readonly receivedAt: Date;
}

/**
 * When the exchange is, by what is said of it. Where the meter was just read it is the newest reading since: the schedule
 * goes on while somebody reads, climbs down and writes, and what was used until then is the old meter's.
 * @throws replacement.not_read_just_now, replacement.at_differs, replacement.read_since
 */
export async function instantOfExchange(
  tx: Queryable,
  marketId: string,
  meter: RegisteredMeter,
  said: { readonly at: Date | null; readonly now: Date; readonly final: FinalReading },
): Promise<Date> {
  const last = await lastGood(tx, marketId, meter.meterId, said.now);
  if (said.final.origin === 'on_demand') {
    const readAt = new Date(said.final.readAt);
    if (said.at && said.at.getTime() !== readAt.getTime()) {
      throw replacementError(
        'replacement.at_differs',
        'the exchange is at the time of the reading that was just taken',
      );
    }
    const read = await lastGood(tx, marketId, meter.meterId, readAt);
    mustBeJustNow(read, readAt, said.now);
    return last?.readAt ?? readAt;
  }
  const at = said.at ?? said.now;
  if (last && last.readAt > at) {
    const readAt = last.readAt.toISOString();
    throw replacementError('replacement.read_since', `meter ${meter.serial} was read at ${readAt}, after that`, {
      readAt,
    });
  }
  return at;
}

function mustBeJustNow(read: LastReading | null, readAt: Date, now: Date): void {
  const isGood = read?.readAt.getTime() === readAt.getTime();
  if (read && isGood && now.getTime() - read.receivedAt.getTime() <= JUST_NOW_MS) return;
  throw replacementError(
    'replacement.not_read_just_now',
    `no good reading of ${readAt.toISOString()} came in just now`,
    { lastReadAt: read?.readAt.toISOString() ?? null },
  );
}

/**
 * Sees to it that the old meter has a good reading at the instant of the exchange.
 * @throws what `takeManual` and `estimateFinal` throw
 */
export async function takeFinal(
  tx: Tx,
  { marketId, operatorId }: Act,
  meter: RegisteredMeter,
  given: { readonly at: Date; readonly now: Date; readonly final: FinalReading; readonly note: string },
): Promise<void> {
  const { at, now, final, note } = given;
  const { meterId } = meter;
  if (final.origin === 'estimated') await estimateFinal(tx, now, { marketId, meterId, at, note, operatorId });
  if (final.origin !== 'manual') return;
  await takeManual(tx, now, {
    marketId,
    meterId,
    operatorId,
    readAt: at,
    note,
    register: parseRegister(final.value),
    tariffs: final.tariffs?.map((value) => (value === null ? null : parseRegister(value))) ?? null,
    photo: final.photoBase64 === undefined ? null : Buffer.from(final.photoBase64, 'base64'),
    confirmJump: final.confirmJump ?? false,
  });
}

async function lastGood(tx: Queryable, marketId: string, meterId: string, until: Date): Promise<LastReading | null> {
  const rows = await tx.query<LastReading & Record<string, unknown>>(
    `select read_at as "readAt", received_at as "receivedAt" from reading
     where market_id = $1 and meter_id = $2 and quality = 'good' and read_at <= $3 order by read_at desc limit 1`,
    [marketId, meterId, until],
  );
  return rows[0] ?? null;
}
