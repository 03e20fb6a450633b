import type { NewAccount } from '@openprepay/contract';
import { type MeterKind, parseYuan, uuidV7 } from '@openprepay/kernel';
import type { Queryable } from '../../platform/database.ts';
import type { RowError as SheetError, SheetRow } from '../../platform/sheet/form.ts';
import { metersToHandOver } from '../store.ts';
import type { Column } from './columns.ts';
import { accountsByNumber, plansByName, stallsByCode } from './store.ts';

export type RowError = SheetError<Column, string>;
export type AccountRow = SheetRow<Column, string>;

const KINDS = ['electricity', 'water'] as const satisfies readonly MeterKind[];
type ByKind = Readonly<Record<MeterKind, string>>;

/** A row, as far as it can be told without the register. */
interface Draft {
  readonly row: number;
  readonly number: string;
  readonly customerName: string;
  readonly phone: string;
  readonly stalls: readonly string[];
  readonly mode: 'prepaid' | 'postpaid';
  readonly creditLimitFen: number | null;
  readonly depositFen: number | null;
  /** Names; empty where nothing is said, as of the readings. */
  readonly plans: ByKind;
  readonly readings: ByKind;
}

/** A row that can be opened, as far as the register tells. */
export interface Ready {
  readonly draft: Draft;
  readonly account: NewAccount;
  readonly readings: readonly { readonly meterId: string; readonly value: string }[];
}

export interface Compared {
  readonly drafts: readonly Draft[];
  readonly ready: readonly Ready[];
  /** The account that is exactly like the row, by row. */
  readonly unchanged: ReadonlyMap<number, string>;
  readonly errors: readonly RowError[];
}

/** Rows by themselves, then against each other and against what the market has. */
export async function compareRows(
  db: Queryable,
  marketId: string,
  at: Date,
  rows: readonly AccountRow[],
  prepare: boolean,
): Promise<Compared> {
  const drafts = rows.map((row) => parseRow(row, prepare));
  const errors = rows.flatMap((row) => row.errors);
  const wrong = new Set(errors.map((error) => error.row));
  const sound = drafts.filter(({ row }) => !wrong.has(row));
  const known = await accountsByNumber(db, marketId, sound);
  const stalls = await stallsByCode(db, marketId, sound);
  const plans = await plansByName(db, marketId);
  const seen = new Map<string, number>();
  const ready: Ready[] = [];
  const unchanged = new Map<number, string>();
  for (const draft of sound) {
    const before = errors.length;
    const refuse = (column: Column, code: string, message: string) =>
      errors.push({ row: draft.row, column, code, message });
    refuseTwins(draft, seen, refuse);
    const same = known.get(draft.number);
    if (same && same.customerName === draft.customerName && same.stalls.join() === draft.stalls.toSorted().join()) {
      if (errors.length === before) unchanged.set(draft.row, same.accountId);
      continue;
    }
    if (same) refuse('number', 'accounts.number_taken', 'there is an account of this number, but it differs here');
    for (const code of draft.stalls) {
      if (!stalls.has(code)) refuse('stalls', 'tenancy.no_such_stall', `this market has no stall ${code}`);
    }
    const planOf = (kind: MeterKind) => plans.get(`${kind} ${draft.plans[kind]}`);
    for (const kind of KINDS) {
      if (draft.plans[kind] !== '' && !planOf(kind)) {
        refuse(`${kind}Plan`, 'accounts.no_such_plan', `there is no ${kind} plan ${draft.plans[kind]}`);
      }
    }
    const stallIds = draft.stalls.flatMap((code) => stalls.get(code) ?? []);
    const readings = await readingsOf(db, marketId, stallIds, draft, refuse);
    if (errors.length > before) continue;
    ready.push({ draft, account: accountOf(draft, at, stallIds, planOf), readings });
  }
  return { drafts, ready, unchanged, errors };
}

type Refuse = (column: Column, code: string, message: string) => unknown;

function refuseTwins({ row, number, stalls }: Draft, seen: Map<string, number>, refuse: Refuse): void {
  const named = [['number', number] as const, ...stalls.map((code) => ['stalls', code] as const)];
  for (const [column, value] of named) {
    const key = `${column} ${value}`;
    const twin = seen.get(key);
    if (twin !== undefined) refuse(column, 'tenancy.twice_in_file', `row ${twin} has ${value} too`);
    seen.set(key, twin ?? row);
  }
}

async function readingsOf(
  db: Queryable,
  marketId: string,
  stallIds: readonly string[],
  { readings }: Draft,
  refuse: Refuse,
): Promise<Ready['readings']> {
  const kinds = KINDS.filter((kind) => readings[kind] !== '');
  if (kinds.length === 0) return [];
  const meters = (await metersToHandOver(db, marketId, stallIds)).filter(({ isThere }) => isThere);
  return kinds.flatMap((kind) => {
    const [meter, second] = meters.filter((one) => one.kind === kind);
    if (meter && !second) return [{ meterId: meter.meterId, value: readings[kind] }];
    refuse(`${kind}Reading`, 'tenancy.not_one_meter', `the stalls have not exactly one ${kind} meter`);
    return [];
  });
}

function accountOf(
  draft: Draft,
  at: Date,
  stallIds: readonly string[],
  planOf: (kind: MeterKind) => string | undefined,
): NewAccount {
  const { number, customerName, phone, mode, creditLimitFen, depositFen } = draft;
  const [electricityPlanId, waterPlanId] = KINDS.map(planOf);
  return {
    accountId: uuidV7(at),
    number,
    customerName,
    ...(phone && { phone }),
    mode,
    ...(creditLimitFen !== null && { creditLimitFen }),
    ...(depositFen !== null && { depositFen }),
    ...(electricityPlanId && { electricityPlanId }),
    ...(waterPlanId && { waterPlanId }),
    stallIds: [...stallIds],
  };
}

const MODES: Readonly<Record<string, Draft['mode']>> = {
  '': 'prepaid',
  prepaid: 'prepaid',
  预付费: 'prepaid',
  postpaid: 'postpaid',
  后付费: 'postpaid',
};

function parseRow(row: AccountRow, prepare: boolean): Draft {
  const word = row.take('mode', 20).toLowerCase();
  const mode = MODES[word];
  if (mode === undefined) row.notUnderstood('mode', 'prepaid or postpaid');
  const reading = (kind: MeterKind) => {
    const value = row.take(`${kind}Reading`, 13);
    if (value !== '' && !/^\d{1,9}(\.\d{1,3})?$/.test(value)) {
      row.notUnderstood(`${kind}Reading`, 'digits with at most three decimals');
    } else if (value !== '' && prepare) {
      row.notUnderstood(`${kind}Reading`, 'a prepared account is read when it opens: leave this empty');
    }
    return value;
  };
  return {
    row: row.number,
    number: row.take('number', 40),
    customerName: row.take('customer', 80),
    phone: row.take('phone', 40),
    stalls: row
      .take('stalls', 4_000)
      .split(/[,、;\n]/)
      .map((code) => code.trim())
      .filter((code) => code !== ''),
    mode: mode ?? 'prepaid',
    creditLimitFen: amountOf(row, 'credit'),
    depositFen: amountOf(row, 'deposit'),
    plans: { electricity: row.take('electricityPlan', 80), water: row.take('waterPlan', 80) },
    readings: { electricity: reading('electricity'), water: reading('water') },
  };
}

/** Yuan as typed, in fen; null where nothing is said. */
function amountOf(row: AccountRow, column: 'credit' | 'deposit'): number | null {
  const typed = row.take(column, 12);
  if (typed === '') return null;
  if (/^\d{1,6}(\.\d{1,2})?$/.test(typed)) return Number(parseYuan(typed.replace(/^0+(?=\d)/, '')));
  row.notUnderstood(column, 'yuan with at most two decimals, below a million');
  return null;
}
