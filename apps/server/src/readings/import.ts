import type { ImportReadingsResult } from '@openprepay/contract';
import { OpenPrepayError } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { writeWorkbook } from '../platform/workbook.ts';
import { refusalOf } from './fitting.ts';
import { type ImportRow, parseRow, type RawRow, readRows } from './import-rows.ts';
import { judgeNew, limitsOf, type ShownReading } from './judgement.ts';
import { isSame, keep, shownReading } from './manual.ts';
import { type MeterFacts, marketZone, metersBySerial } from './meters.ts';
import { lockMeters } from './store.ts';

export interface ReadingsImport {
  readonly marketId: string;
  readonly operatorId: string;
  readonly file: { readonly fileName: string; readonly bytes: Uint8Array };
  readonly note: string;
  /** Judges every row and stores none. */
  readonly dryRun: boolean;
}

/** Why a row was refused. */
interface Refused {
  readonly raw: RawRow;
  readonly column: string | null;
  readonly code: string;
  readonly message: string;
}

/**
 * Takes readings by hand of many meters from a file: good rows are stored together, the others come back with their reason.
 * Judged like a reading by hand, among each other too; but there is nobody to confirm a jump, so it is refused. The same
 * file again changes nothing.
 * @throws readings.bad_import, and what readWorkbook throws
 */
export async function importReadings(ctx: Context, given: ReadingsImport): Promise<ImportReadingsResult> {
  const { marketId, dryRun, note, operatorId, file } = given;
  const zone = await marketZone(ctx.db, marketId);
  const raws = await readRows(file.bytes, zone);
  const refused: Refused[] = [];
  const rows = raws.flatMap((raw): ImportRow[] => {
    const parsed = parseRow(raw, zone);
    if ('serial' in parsed) return [parsed];
    refused.push({ raw, column: parsed.column, code: 'readings.bad_row', message: parsed.why });
    return [];
  });
  const outcome = await ctx.db.tx(async (tx) => {
    const now = ctx.clock.now();
    const judged = await judgeRows(tx, given, rows, now, refused);
    if (dryRun || judged.good.length === 0) return judged;
    await keep(
      tx,
      marketId,
      judged.good.map((reading) => ({ ...reading, suspect: null })),
    );
    await recordAudit(tx, {
      marketId,
      at: now,
      operatorId,
      action: 'readings.import',
      subject: `market:${marketId}`,
      reason: note,
      after: { fileName: file.fileName, readings: judged.good.length, refused: refused.length },
    });
    return judged;
  });
  refused.sort((a, b) => a.raw.row - b.raw.row);
  return {
    rows: raws.length,
    taken: outcome.good.length,
    unchanged: outcome.unchanged,
    failed: refused.length,
    errors: refused.map(({ raw, column, code, message }) => ({ row: raw.row, column, code, message })),
    failedRows: refused.length === 0 ? null : await failedRows(refused),
  };
}

async function judgeRows(
  tx: Tx,
  { marketId, note, operatorId }: ReadingsImport,
  rows: readonly ImportRow[],
  now: Date,
  refused: Refused[],
) {
  const refuse = (raw: RawRow, column: string | null, error: OpenPrepayError) =>
    refused.push({ raw, column, code: error.code, message: error.message });
  const meters = await metersBySerial(tx, marketId, [...new Set(rows.map(({ serial }) => serial))]);
  const shown = new Map<ShownReading, { raw: ImportRow; meter: MeterFacts }>();
  for (const raw of rows) {
    const meter = meters.get(raw.serial);
    if (!meter) {
      refused.push({ raw, column: 'serial', code: 'readings.meter_not_found', message: 'no such meter in service' });
    } else if (raw.readAt > now) {
      refuse(raw, 'time', refusalOf('future_time'));
    } else {
      try {
        const reading = { ...raw, meterId: meter.meterId, tariffs: null, note, operatorId };
        shown.set(shownReading(meter, reading, now), { raw, meter });
      } catch (error) {
        if (!(error instanceof OpenPrepayError)) throw error;
        refuse(raw, 'value', error);
      }
    }
  }
  const byMeter = new Map([...meters.values()].map((meter) => [meter.meterId, limitsOf(meter)]));
  await lockMeters(tx, marketId, [...byMeter.keys()]);
  const { judged, known } = await judgeNew(tx, marketId, [...shown.keys()], byMeter);
  const good = judged.filter(({ suspect }) => suspect === null);
  const sameInstant = (reading: ShownReading) => `${reading.meterId} ${reading.readAt.getTime()}`;
  const rowOf = new Map([...shown].reverse().map(([reading, { raw }]) => [sameInstant(reading), raw]));
  for (const reading of judged) {
    const raw = rowOf.get(sameInstant(reading));
    if (reading.suspect !== null && raw) refuse(raw, 'value', refusalOf(reading.suspect));
  }
  let unchanged = 0;
  for (const stored of known) {
    const given = shown.get(stored.reading);
    if (!given) continue;
    if (isSame(given.meter, stored)) unchanged += 1;
    else {
      const message = 'there is another reading of this instant';
      refused.push({ raw: given.raw, column: 'time', code: 'readings.time_taken', message });
    }
  }
  return { good, unchanged };
}

async function failedRows(refused: readonly Refused[]): Promise<{ fileName: string; base64: string }> {
  const rows = [
    ['serial', 'time', 'value', 'code', 'why'],
    ...refused.map(({ raw, code, message }) => [...raw.cells, code, message]),
  ];
  const bytes = await writeWorkbook([{ name: 'readings', headRows: 1, widths: [20, 20, 14, 26, 60], rows }]);
  return { fileName: 'readings-refused.xlsx', base64: Buffer.from(bytes).toString('base64') };
}
