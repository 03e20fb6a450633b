import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { START, seedMarket } from '../../../test-support/market.ts';
import { openAccounts } from '../../accounts/index.ts';
import { templateFile } from '../../platform/sheet/files.ts';
import { readWorkbook, writeWorkbook } from '../../platform/workbook.ts';
import { type Column, stallSheet } from './columns.ts';
import { importStalls, listStallImports, undoStallImport } from './import.ts';
import { listStalls } from './list.ts';
import { createStall, deleteStall, updateStall } from './stalls.ts';

const clock = testClock(START);
const ctx = await testContext(clock);
const LIMITS = { maxBytes: 10_000_000, maxRows: 30_000, maxColumns: 60 };
const id = () => uuidV7(START);
const stall = (code: string, change = {}) => ({
  code,
  building: 'Hall',
  stallType: 'fish',
  areaM2: '12.5',
  protected: false,
  ...change,
});
const refused = (code: string) => expect.objectContaining({ code });

async function openMarket() {
  const { marketId, meters } = await seedMarket(ctx.db);
  return { act: { marketId, operatorId: id() }, used: meters[0]?.stallId ?? '' };
}

type Row = Partial<Record<Column, string>>;
async function fileOf(rows: readonly Row[]): Promise<Uint8Array> {
  const { columns, words } = stallSheet;
  const heading = columns.map((column) => words.zh[column].heading);
  const cells = rows.map((row) => columns.map((column) => row[column] ?? null));
  return writeWorkbook([{ name: 's', headRows: 1, widths: [], rows: [heading, ...cells] }]);
}
const fileName = 'stalls.xlsx';
const whole = { dryRun: false, language: 'en' as const, fileName };
const rowOf = (code: string, change: Row = {}): Row => ({ code, building: 'Hall', stallType: 'fish', ...change });

test('a stall is entered once however often it is sent, put right with a reason, and listed', async () => {
  const { act } = await openMarket();
  const stallId = id();
  await createStall(ctx, act, stallId, stall('B-2'));
  await createStall(ctx, act, stallId, stall('B-2'));
  await updateStall(ctx, act, stallId, { ...stall('B-3', { areaM2: null, protected: true }), note: 'renamed' });
  const page = await listStalls(ctx.db, act.marketId, { text: 'b-' });
  expect(page).toMatchObject({ total: 1, buildings: ['Hall'], stallTypes: ['fish', 'meat'] });
  expect(page.stalls).toEqual([
    { stallId, ...stall('B-3', { areaM2: null, protected: true }), meters: 0, account: null },
  ]);
  const audit = await ctx.db.query<{ action: string; before: unknown }>(
    'select action, before from audit where market_id = $1 and subject = $2 order by action',
    [act.marketId, `stall:${stallId}`],
  );
  expect(audit.map(({ action }) => action)).toEqual(['sites.create_stall', 'sites.update_stall']);
  expect(audit[1]?.before).toMatchObject({ code: 'B-2', areaM2: '12.50' });
});

test('what is wrong with a stall has a name, and changes nothing', async () => {
  const { act, used } = await openMarket();
  const other = await openMarket();
  await createStall(ctx, act, id(), stall('B-1'));
  await expect(createStall(ctx, act, id(), stall('B-1'))).rejects.toEqual(refused('sites.code_taken'));
  const nowhere = stall('B-9', { building: 'None' });
  await expect(createStall(ctx, act, id(), nowhere)).rejects.toEqual(refused('sites.no_such_building'));
  const taken = { ...stall('B-1'), note: 'same code' };
  await expect(updateStall(ctx, act, used, taken)).rejects.toEqual(refused('sites.code_taken'));
  const foreign = { ...stall('X'), note: 'not ours' };
  await expect(updateStall(ctx, other.act, used, foreign)).rejects.toEqual(refused('sites.no_such_stall'));
  await expect(deleteStall(ctx, other.act, used)).rejects.toEqual(refused('sites.no_such_stall'));
  expect((await listStalls(ctx.db, act.marketId, {})).total).toBe(2);
});

test('a stall that nobody used goes; one that had a meter or a tenant stays, also when the tenant comes at the same time', async () => {
  const { act, used } = await openMarket();
  await expect(deleteStall(ctx, act, used)).rejects.toEqual(refused('sites.stall_in_use'));
  for (let round = 0; round < 20; round++) {
    const [stallId, accountId] = [id(), id()];
    await createStall(ctx, act, stallId, stall(`R-${round}`));
    const account = { accountId, number: `R${round}`, customerName: 'x', phone: null, creditLimitFen: 0n as never };
    const results = await Promise.allSettled([
      ctx.db.tx((tx) => openAccounts(tx, act.marketId, START, [{ ...account, stallIds: [stallId] }])),
      deleteStall(ctx, act, stallId),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  }
  const { stalls } = await listStalls(ctx.db, act.marketId, { text: 'R-', pageSize: 100 });
  expect(stalls.every(({ account }) => account !== null)).toBe(true);
});

test('500 stalls with 7 bad rows: the good ones come in, the bad ones come back with why', async () => {
  const { act } = await openMarket();
  const rows = Array.from({ length: 500 }, (_, n) => rowOf(`S-${n}`, { area: '8.25', protected: n % 2 ? '是' : '' }));
  rows[3] = rowOf('');
  rows[50] = rowOf('S-50', { building: 'Nowhere' });
  rows[60] = rowOf('S-61');
  rows[61] = rowOf('S-61');
  rows[70] = rowOf('S-70', { area: 'large' });
  rows[80] = rowOf('S-80', { stallType: '' });
  rows[90] = rowOf('S-90', { protected: 'maybe' });
  rows[100] = rowOf('S0');
  const bytes = await fileOf(rows);
  const dry = await importStalls(ctx, act, { ...whole, bytes, dryRun: true });
  expect(dry).toMatchObject({ importId: null, rows: 500, created: 493, unchanged: 0, failed: 7 });
  expect((await listStalls(ctx.db, act.marketId, {})).total).toBe(1);
  const done = await importStalls(ctx, act, { ...whole, bytes });
  expect(done).toMatchObject({ created: 493, failed: 7, errors: dry.errors });
  expect(done.errors.map(({ row, column, code }) => `${row} ${column} ${code}`)).toEqual([
    '5 code sites.cell_missing',
    '52 building sites.no_such_building',
    '63 code sites.twice_in_file',
    '72 area sites.cell_not_understood',
    '82 stallType sites.cell_missing',
    '92 protected sites.cell_not_understood',
    '102 stallType sites.code_taken',
  ]);
});

test.each(['zh', 'en'] as const)(
  'the template in %s is understood as it is, and its example is passed over',
  async (language) => {
    const { act } = await openMarket();
    const bytes = Buffer.from((await templateFile(stallSheet, language)).base64, 'base64');
    expect(await importStalls(ctx, act, { ...whole, bytes })).toMatchObject({ rows: 0, created: 0, failed: 0 });
  },
);

test('the same file again changes nothing; taken back, it can come in anew, but not once a tenant came', async () => {
  const { act } = await openMarket();
  const bytes = await fileOf([rowOf('T-1', { area: '7' }), rowOf('T-2')]);
  const first = await importStalls(ctx, act, { ...whole, bytes });
  const again = await importStalls(ctx, act, { ...whole, bytes });
  expect(again).toMatchObject({ importId: null, created: 0, unchanged: 2, failed: 0 });
  expect(await undoStallImport(ctx, act, first.importId ?? '', 'wrong hall')).toBe(2);
  await expect(undoStallImport(ctx, act, first.importId ?? '', 'twice')).rejects.toEqual(
    refused('sites.import_undone'),
  );
  clock.advance(1_000);
  const second = await importStalls(ctx, act, { ...whole, bytes });
  expect(second).toMatchObject({ created: 2 });
  const [let1] = (await listStalls(ctx.db, act.marketId, { text: 'T-1' })).stalls;
  const account = { accountId: id(), number: 'T1', customerName: 'x', phone: null, creditLimitFen: 0n as never };
  await ctx.db.tx((tx) => openAccounts(tx, act.marketId, START, [{ ...account, stallIds: [let1?.stallId ?? ''] }]));
  await expect(undoStallImport(ctx, act, second.importId ?? '', 'too late')).rejects.toEqual(
    refused('sites.import_in_use'),
  );
  const imports = await listStallImports(ctx.db, act.marketId);
  expect(imports.map(({ stalls, undoneAt }) => [stalls, undoneAt !== null])).toEqual([
    [2, false],
    [2, true],
  ]);
});

test('rows that were refused come back in a file of the same columns, with what is wrong behind each', async () => {
  const { act } = await openMarket();
  const { failedRows } = await importStalls(ctx, act, {
    ...whole,
    bytes: await fileOf([rowOf('U-1', { area: '1.234' })]),
  });
  const back = await readWorkbook(Buffer.from(failedRows?.base64 ?? '', 'base64'), LIMITS);
  expect(back[0]?.at(-1)).toBe('Errors');
  expect(back[1]).toEqual(['U-1', 'Hall', 'fish', '1.234', null, expect.stringMatching(/^Area m²: /)]);
  const wrong = await writeWorkbook([{ name: 's', headRows: 0, widths: [], rows: [['Name', 'Phone']] }]);
  await expect(importStalls(ctx, act, { ...whole, bytes: wrong })).rejects.toEqual(refused('sites.not_a_stall_sheet'));
});
