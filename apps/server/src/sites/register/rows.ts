import type { StallData } from '@openprepay/contract';
import type { Queryable } from '../../platform/database.ts';
import type { RowError as SheetError, SheetRow } from '../../platform/sheet/form.ts';
import type { Column, StallErrorCode } from './columns.ts';

export type RowError = SheetError<Column, StallErrorCode>;
type StallRow = SheetRow<Column, StallErrorCode>;

/** A row that can be a stall, as far as it can be told without the register. */
export interface Draft extends StallData {
  readonly row: number;
}

export interface Compared {
  readonly ready: readonly (Draft & { readonly buildingId: string })[];
  /** Rows of stalls that are in the register exactly like this. */
  readonly unchanged: number;
  readonly errors: readonly RowError[];
}

/** Rows by themselves, then against each other and against what the register has. */
export async function compareRows(db: Queryable, marketId: string, rows: readonly StallRow[]): Promise<Compared> {
  const drafts = rows.map(parseRow);
  const errors = rows.flatMap((row) => row.errors);
  const wrong = new Set(errors.map((error) => error.row));
  const sound = drafts.filter((draft) => !wrong.has(draft.row));
  const buildings = await buildingsByName(db, marketId, sound);
  const known = await stallsByCode(db, marketId, sound);
  const firstRow = new Map<string, number>();
  const ready: (Draft & { buildingId: string })[] = [];
  let unchanged = 0;
  for (const draft of sound) {
    const { row, code } = draft;
    const refuse = (column: Column, error: StallErrorCode, message: string) =>
      errors.push({ row, column, code: error, message });
    const twin = firstRow.get(code);
    firstRow.set(code, twin ?? row);
    const buildingId = buildings.get(draft.building);
    const same = known.get(code);
    if (twin !== undefined) refuse('code', 'sites.twice_in_file', `row ${twin} has this code too`);
    else if (buildingId === undefined) {
      refuse('building', 'sites.no_such_building', `this market has no building ${draft.building}`);
    } else if (same) {
      const other = whatDiffers(same, draft);
      if (other === null) unchanged += 1;
      else refuse(other, 'sites.code_taken', 'a stall of this code is in the register, but differs here');
    } else ready.push({ ...draft, buildingId });
  }
  return { ready, unchanged, errors };
}

const YES = ['yes', 'y', 'true', '1', '是'];
const NO = ['', 'no', 'n', 'false', '0', '否'];

function parseRow(row: StallRow): Draft {
  const code = row.take('code', 80);
  const building = row.take('building', 80);
  const stallType = row.take('stallType', 80);
  const area = row.take('area', 12);
  if (area !== '' && !/^\d{1,8}(\.\d{1,2})?$/.test(area)) {
    row.notUnderstood('area', 'square metres with at most two decimals');
  }
  const word = row.take('protected', 8).toLowerCase();
  if (!YES.includes(word) && !NO.includes(word)) row.notUnderstood('protected', 'yes or no');
  return {
    row: row.number,
    code,
    building,
    stallType,
    areaM2: area === '' ? null : area,
    protected: YES.includes(word),
  };
}

/** The first column in which a row says something else than the register; null where it says the same. */
function whatDiffers(known: StallData, draft: StallData): Column | null {
  if (known.building !== draft.building) return 'building';
  if (known.stallType !== draft.stallType) return 'stallType';
  if (known.areaM2 !== twoPlaces(draft.areaM2)) return 'area';
  return known.protected === draft.protected ? null : 'protected';
}

/** As the register writes an area. */
function twoPlaces(area: string | null): string | null {
  if (area === null) return null;
  const [whole = '', fraction = ''] = area.split('.');
  return `${BigInt(whole)}.${fraction.padEnd(2, '0')}`;
}

async function buildingsByName(
  db: Queryable,
  marketId: string,
  drafts: readonly Draft[],
): Promise<Map<string, string>> {
  const rows = await db.query<{ name: string; building_id: string }>(
    'select name, building_id from building where market_id = $1 and name = any($2)',
    [marketId, [...new Set(drafts.map((draft) => draft.building))]],
  );
  return new Map(rows.map((row) => [row.name, row.building_id]));
}

async function stallsByCode(
  db: Queryable,
  marketId: string,
  drafts: readonly Draft[],
): Promise<Map<string, StallData>> {
  const rows = await db.query<StallData & Record<string, unknown>>(
    `select stall.code, building.name as building, stall.stall_type as "stallType", stall.area_m2::text as "areaM2",
            stall.protected
     from stall join building using (market_id, building_id)
     where stall.market_id = $1 and stall.code = any($2)`,
    [marketId, drafts.map((draft) => draft.code)],
  );
  return new Map(rows.map((row) => [row.code, row]));
}
