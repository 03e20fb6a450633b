import type { NewAccount } from '@openprepay/contract';
import { beforeEach, expect, test } from 'vitest';
import { minute } from '../../../test-support/market.ts';
import { accountTerms } from '../../accounts/index.ts';
import { templateFile } from '../../platform/sheet/files.ts';
import { readWorkbook, writeWorkbook } from '../../platform/workbook.ts';
import { tenancyError } from '../errors.ts';
import { openTenancies, type Tenancies } from '../test-support/world.ts';
import { accountSheet, type Column } from './columns.ts';
import { type AccountFile, importAccounts } from './import.ts';

const LIMITS = { maxBytes: 10_000_000, maxRows: 3_000, maxColumns: 60 };
let world: Tenancies;

/** Stalls S0 and S1 are vacant with their registers at 12 kWh, the others are let. */
beforeEach(async () => {
  world = await openTenancies({ meters: 4 });
  for (const index of [0, 1]) {
    await world.read(index, [130, 12_000]);
    await world.close(world.accountId(index));
  }
  world.clock.set(minute(140));
});

type Row = Partial<Record<Column, string>>;
async function bring(rows: readonly Row[], over: Partial<AccountFile> = {}) {
  const { columns, words } = accountSheet;
  const heading = columns.map((column) => words.zh[column].heading);
  const cells = rows.map((row) => columns.map((column) => row[column] ?? null));
  const bytes = await writeWorkbook([{ name: 's', headRows: 1, widths: [], rows: [heading, ...cells] }]);
  const file = {
    fileName: 'a.xlsx',
    bytes,
    dryRun: false,
    language: 'en',
    prepare: false,
    mayGrant: () => {},
  } as const;
  return importAccounts(world.ctx, world.act(), { ...file, ...over });
}
const accounts = () =>
  world.ctx.db.query(
    `select number, state, credit_limit_fen as credit, deposit_fen as deposit from account
     where market_id = $1 and number like 'N%' order by number`,
    [world.marketId],
  );

const GOOD: Row = { number: 'N1', customer: '王', stalls: 'S0、S1', credit: '20', deposit: '500', mode: '预付费' };
const BAD: readonly (readonly [Row, column: string | null, code: string])[] = [
  [{ number: 'N2' }, 'customer', 'tenancy.cell_missing'],
  [{ number: 'A2', customer: 'x' }, 'number', 'accounts.number_taken'],
  [{ number: 'N3', customer: 'x', stalls: 'S2' }, null, 'tenancy.stall_occupied'],
  [{ number: 'N4', customer: 'x', stalls: 'S9' }, 'stalls', 'tenancy.no_such_stall'],
  [{ number: 'N5', customer: 'x', stalls: 'S0' }, 'stalls', 'tenancy.twice_in_file'],
  [{ number: 'N6', customer: 'x', credit: '1.234' }, 'credit', 'tenancy.cell_not_understood'],
  [{ number: 'N7', customer: 'x', waterPlan: 'none' }, 'waterPlan', 'accounts.no_such_plan'],
  [{ number: 'N8', customer: 'x', electricityReading: '5' }, 'electricityReading', 'tenancy.not_one_meter'],
];

test('a dry run says of each row what opening it would say, and opens nothing', async () => {
  const said = await bring([GOOD, ...BAD.map(([row]) => row)], { dryRun: true });
  expect(await accounts()).toEqual([]);
  expect(said).toMatchObject({ created: 1, unchanged: 0, failed: BAD.length });
  expect(said.rows.map(({ outcome }) => outcome)).toEqual(['opened', ...BAD.map(() => 'failed')]);
  const wrong = said.errors.map(({ row, column, code }) => [row, column, code]);
  expect(wrong).toEqual(BAD.map(([, column, code], index) => [index + 3, column, code]));
});

test('good rows are opened with what they say, bad ones come back in a file; sent again, nothing changes', async () => {
  const other: Row = { number: 'N2', customer: 'x', stalls: 'S2' };
  const first = await bring([GOOD, other], { language: 'zh' });
  expect(await accounts()).toEqual([{ number: 'N1', state: 'open', credit: 2_000n, deposit: 50_000n }]);
  const accountId = first.rows[0]?.accountId ?? '';
  expect(await accountTerms(world.ctx.db, world.marketId, accountId)).toMatchObject({ customerName: '王' });
  const [heading, bad, none] = await readWorkbook(Buffer.from(first.failedRows?.base64 ?? '', 'base64'), LIMITS);
  expect(heading?.at(-1)).toBe('错误');
  expect([bad?.[0], bad?.at(-1), none]).toEqual(['N2', '档位已有账户,请改用转户', undefined]);

  expect(await bring([GOOD])).toMatchObject({ created: 0, unchanged: 1, rows: [{ outcome: 'unchanged', accountId }] });
  expect(await bring([{ ...GOOD, stalls: 'S0' }])).toMatchObject({ errors: [{ code: 'accounts.number_taken' }] });
  await world.expectProved();
});

test('a typed reading is where the account begins; one below the meter’s last is refused', async () => {
  const row = (value: string): Row => ({ number: 'N1', customer: 'x', stalls: 'S0', electricityReading: value });
  const below = { ...row('11'), number: 'N2', stalls: 'S1' };
  expect(await bring([row('12.5'), below])).toMatchObject({
    created: 1,
    errors: [{ row: 3, column: null, code: 'readings.would_decrease' }],
  });
  await world.read(0, [160, 13_500]);
  await world.settle();
  const [charge] = await world.ctx.db.query(
    'select from_value, to_value from charge where market_id = $1 and from_value >= 12500',
    [world.marketId],
  );
  expect(charge).toEqual({ from_value: 12_500n, to_value: 13_500n });
});

test('prepared rows wait to be opened; what an operator may not grant is refused row by row', async () => {
  const mayGrant = ({ creditLimitFen = 0, number }: NewAccount) => {
    if (creditLimitFen > 0) throw tenancyError('tenancy.terms_need_manager', number);
  };
  const poor: Row = { number: 'N2', customer: 'x' };
  expect(await bring([GOOD, poor], { prepare: true, mayGrant })).toMatchObject({
    rows: [{ outcome: 'failed' }, { outcome: 'prepared' }],
    errors: [{ row: 2, code: 'tenancy.terms_need_manager' }],
  });
  expect(await accounts()).toMatchObject([{ number: 'N2', state: 'prepared' }]);
});

test('what is no such sheet is told; the template is one, and its example is no row', async () => {
  const { base64 } = await templateFile(accountSheet, 'zh');
  const bytes = Buffer.from(base64, 'base64');
  expect(await bring([], { bytes })).toMatchObject({ created: 0, failed: 0, rows: [] });
  const sheet = await writeWorkbook([{ name: 's', headRows: 1, widths: [], rows: [['户号']] }]);
  await expect(bring([], { bytes: sheet })).rejects.toMatchObject({ code: 'tenancy.not_an_account_sheet' });
});
