import type { Proof, ProofProvisional } from '@openprepay/contract';
import { assert } from '@openprepay/kernel';
import type { Queryable, Row } from '../platform/database.ts';
import { meterOf, readingOf, sumOf } from './shown.ts';
import { METER, type MeterRow, PLAN, readingsAt, SUM, type SumRow } from './store.ts';

/*
 * What stands behind a provisional charge: the last good reading, the days of the average, and what took it back.
 */

const DAY_MS = 86_400_000n;

interface ProvisionalRow extends Row, SumRow, MeterRow {
  readonly settled_at: Date;
  readonly from_at: Date;
  readonly to_at: Date;
  readonly days: readonly {
    readonly day: string;
    readonly fromAt: string;
    readonly toAt: string;
    readonly use: string;
  }[];
  readonly use: bigint;
  readonly charged_before: bigint;
  readonly replaced_at: Date | null;
  readonly replaced_tx_id: string | null;
}

/** A provisional charge bears the id of its transaction. */
export async function findProvisional(db: Queryable, marketId: string, txId: string): Promise<ProofProvisional | null> {
  const [row] = await db.query<ProvisionalRow>(
    `select ${SUM('entry', 'entry.standing_nano_yuan')}, ${METER}, entry.settled_at, entry.from_at, entry.to_at, entry.days, entry.use,
            (select coalesce(sum(earlier.use), 0)::bigint from provisional_charge earlier
             where earlier.market_id = $1 and earlier.meter_id = entry.meter_id and earlier.settled_at = entry.settled_at
               and earlier.from_at < entry.from_at) as charged_before,
            entry.replaced_at, entry.replaced_tx_id
     from provisional_charge entry
     ${PLAN('entry')}
     join meter on meter.market_id = $1 and meter.meter_id = entry.meter_id
     left join stall on stall.market_id = $1 and stall.stall_id = entry.stall_id
     where entry.market_id = $1 and entry.provisional_id = $2`,
    [marketId, txId],
  );
  return row ? provisionalOf(db, marketId, row) : null;
}

async function provisionalOf(db: Queryable, marketId: string, row: ProvisionalRow): Promise<ProofProvisional> {
  const ends = row.days.flatMap(({ fromAt, toAt }) => [new Date(fromAt), new Date(toAt)]);
  const readings = await readingsAt(db, marketId, row.meter_id, [row.settled_at, ...ends]);
  const at = (instant: Date) => {
    const reading = readings.find(({ read_at }) => read_at.getTime() === instant.getTime());
    assert(reading, 'an average is of stored readings', { meterId: row.meter_id, instant });
    return reading;
  };
  const daysUse = row.days.reduce((sum, { use }) => sum + BigInt(use), 0n);
  const elapsedMs = row.to_at.getTime() - row.settled_at.getTime();
  return {
    meter: meterOf(row),
    settled: readingOf(at(row.settled_at)),
    fromAt: row.from_at.toISOString(),
    toAt: row.to_at.toISOString(),
    days: row.days.map(({ day, fromAt, toAt, use }) => {
      const [from, to] = [new Date(fromAt), new Date(toAt)];
      return {
        day,
        fromAt: from.toISOString(),
        toAt: to.toISOString(),
        fromValue: Number(at(from).total),
        toValue: Number(at(to).total),
        use: Number(use),
      };
    }),
    daysUse: Number(daysUse),
    elapsedMs,
    averageUse: Number((daysUse * BigInt(elapsedMs)) / (BigInt(row.days.length) * DAY_MS)),
    usedBefore: Number(row.charged_before),
    use: Number(row.use),
    replacedAt: row.replaced_at?.toISOString() ?? null,
    replacedTxId: row.replaced_tx_id,
    sum: sumOf(row),
  };
}

/** The provisional charges that a transaction takes back, oldest first; none where it takes none. */
export async function takenBackBy(db: Queryable, marketId: string, txId: string): Promise<Proof['takesBack']> {
  const rows = await db.query<{ tx_id: string | null; from_at: Date; to_at: Date; use: bigint; amount_fen: bigint }>(
    `select tx_id, from_at, to_at, use, amount_fen from provisional_charge
     where market_id = $1 and replaced_tx_id = $2 order by from_at`,
    [marketId, txId],
  );
  return rows.map((row) => ({
    txId: row.tx_id,
    fromAt: row.from_at.toISOString(),
    toAt: row.to_at.toISOString(),
    use: Number(row.use),
    amountFen: Number(row.amount_fen),
  }));
}
