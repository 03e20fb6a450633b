import { recordAudit } from '../../identity/audit.ts';
import type { Context } from '../../platform/context.ts';
import type { Queryable } from '../../platform/database.ts';
import { lockMeters } from '../../readings/index.ts';
import { devicesError } from '../errors.ts';
import type { Act } from '../meters.ts';
import { leaveAddress, lockRegister, tellOfMeters } from '../register.ts';

const MAX_LISTED = 100;

export interface ImportRow {
  readonly importId: string;
  readonly fileName: string;
  readonly at: string;
  readonly operatorName: string | null;
  readonly meters: number;
  readonly undoneAt: string | null;
}

/** The latest hundred imports of a market, latest first. */
export async function listImports(db: Queryable, marketId: string): Promise<ImportRow[]> {
  const rows = await db.query<Omit<ImportRow, 'at' | 'undoneAt'> & { at: Date; undoneAt: Date | null }>(
    `select meter_import.import_id as "importId", meter_import.file_name as "fileName", meter_import.at,
            operator.name as "operatorName", meter_import.meters, meter_import.undone_at as "undoneAt"
     from meter_import left join operator using (operator_id)
     where meter_import.market_id = $1 order by meter_import.import_id desc limit $2`,
    [marketId, MAX_LISTED],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString(), undoneAt: row.undoneAt?.toISOString() ?? null }));
}

/**
 * Takes an import back, whole, while nothing has come of any of its meters: no reading but the one it was bound with, no
 * command, no charge, no exchange, no other binding. The meters go out of service, their serials and addresses are free,
 * and so the same file can be imported again.
 * @returns how many meters it were
 * @throws devices.no_such_import, devices.import_undone, devices.import_in_use
 */
export async function undoImport(ctx: Context, act: Act, importId: string, note: string): Promise<number> {
  const at = ctx.clock.now();
  const { marketId } = act;
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const [batch] = await tx.query<{ file_name: string; undone_at: Date | null }>(
      'select file_name, undone_at from meter_import where market_id = $1 and import_id = $2',
      [marketId, importId],
    );
    if (!batch) throw devicesError('devices.no_such_import', 'this market has no such import');
    if (batch.undone_at) throw devicesError('devices.import_undone', 'this import was taken back before');
    // From here no reading of them comes in, and so nothing comes of them.
    const imported = await tx.query<{ meter_id: string }>(
      'select meter_id from meter where market_id = $1 and import_id = $2',
      [marketId, importId],
    );
    const meterIds = imported.map((meter) => meter.meter_id);
    await lockMeters(tx, marketId, meterIds);
    const used = await firstInUse(tx, marketId, importId);
    if (used) {
      throw devicesError('devices.import_in_use', `something has come of meter ${used} already: retire it by itself`);
    }
    await tx.query('update meter set retired_at = $3 where market_id = $1 and import_id = $2', [
      marketId,
      importId,
      at,
    ]);
    await tx.query('delete from meter_binding where market_id = $1 and meter_id = any($2::uuid[])', [
      marketId,
      meterIds,
    ]);
    await leaveAddress(tx, marketId, meterIds);
    await tx.query('update meter_import set undone_at = $3 where market_id = $1 and import_id = $2', [
      marketId,
      importId,
      at,
    ]);
    const subject = `import:${importId}`;
    const before = { fileName: batch.file_name, meters: meterIds.length };
    await recordAudit(tx, { ...act, at, action: 'devices.undo_import', subject, reason: note, before });
    await tellOfMeters(tx, marketId, meterIds);
    return meterIds.length;
  });
}

async function firstInUse(tx: Queryable, marketId: string, importId: string): Promise<string | null> {
  const rows = await tx.query<{ serial: string }>(
    `select meter.serial
     from meter
     where meter.market_id = $1 and meter.import_id = $2
       and (meter.retired_at is not null
         or exists (select 1 from reading where market_id = $1 and meter_id = meter.meter_id
                    and (origin <> 'manual' or read_at <> meter.installed_at))
         or exists (select 1 from command where market_id = $1 and meter_id = meter.meter_id)
         or exists (select 1 from charge where market_id = $1 and meter_id = meter.meter_id)
         or exists (select 1 from meter_replacement where market_id = $1 and new_meter_id = meter.meter_id)
         or exists (select 1 from meter_binding where market_id = $1 and meter_id = meter.meter_id
                    and (from_at <> meter.installed_at or to_at is not null)))
     order by meter.serial limit 1`,
    [marketId, importId],
  );
  return rows[0]?.serial ?? null;
}
