import type { Quantity } from '@openprepay/kernel';
import type { Tx } from '../platform/database.ts';
import { keep } from './manual.ts';

export interface Repeat {
  readonly marketId: string;
  /** Locked. */
  readonly meterIds: readonly string[];
  readonly at: Date;
  readonly note: string;
  readonly operatorId: string;
}

interface LastReading {
  readonly meterId: string;
  readonly total: Quantity;
  readonly turnovers: number;
  readonly tariffs: (bigint | null)[] | null;
}

/**
 * Lets what meters showed last count at a later instant too, to which nobody read them: a good reading each, marked
 * estimated, which the truth may correct later. Nothing good is stored of them at that instant or after it.
 */
export async function repeatLast(tx: Tx, now: Date, { marketId, meterIds, at, ...told }: Repeat): Promise<void> {
  const last = await tx.query<LastReading & Record<string, unknown>>(
    `select meter_id as "meterId", last.total, last.turnovers, last.tariffs
     from unnest($2::uuid[]) as asked (meter_id)
     cross join lateral (
       select total, turnovers, tariffs from reading
       where market_id = $1 and reading.meter_id = asked.meter_id and quality = 'good' and read_at < $3
       order by read_at desc limit 1) last`,
    [marketId, meterIds, at],
  );
  const stamp = {
    readAt: at,
    receivedAt: now,
    origin: 'estimated',
    frameId: null,
    suspect: null,
    photoId: null,
  } as const;
  await keep(
    tx,
    marketId,
    last.map((reading) => ({ ...reading, ...stamp, ...told })),
  );
}
