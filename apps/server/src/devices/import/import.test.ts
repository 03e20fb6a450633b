import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../../test-support/database.ts';
import { minute, START } from '../../../test-support/market.ts';
import { templateFile } from '../../platform/sheet/files.ts';
import type { SheetLanguage } from '../../platform/sheet/form.ts';
import { readWorkbook, writeWorkbook } from '../../platform/workbook.ts';
import { findDevices } from '../index.ts';
import { createMeter, updateMeter } from '../meters.ts';
import { listMeters } from '../register-page.ts';
import { auditOf, seedPlace, type TestMarketPlace } from '../test-support/world.ts';
import { COLUMNS, type Column, meterSheet } from './columns.ts';
import { importMeters, importSheet } from './import.ts';
import { listImports, undoImport } from './undo.ts';

const clock = testClock(START);
const ctx = await testContext(clock);
const here = await seedPlace(ctx, 'here');
const there = await seedPlace(ctx, 'there');
const refused = (code: string) => expect.objectContaining({ code });
const LIMITS = { maxBytes: 10_000_000, maxRows: 30_000, maxColumns: 60 };

type SheetRow = Partial<Record<Column, string>>;
let serials = 0;
function rowOf(change: SheetRow = {}): SheetRow {
  serials += 1;
  const serial = `7${String(serials).padStart(9, '0')}`;
  const address = { link: 'acrel4g', linkKey: serial, busAddress: '1' };
  return { serial, kind: 'electricity', model: 'DDSY1352-NK', ...address, ...change };
}

async function fileOf(rows: readonly SheetRow[], language: SheetLanguage = 'en'): Promise<Uint8Array> {
  const heading = COLUMNS.map((column) => meterSheet.words[language][column].heading);
  const cells = rows.map((row) => COLUMNS.map((column) => row[column] ?? null));
  return writeWorkbook([{ name: 'm', headRows: 1, widths: [], rows: [heading, ...cells] }]);
}

const bring = (bytes: Uint8Array, change: { dryRun?: boolean; place?: TestMarketPlace } = {}) =>
  importMeters(ctx, change.place ?? here, {
    fileName: 'meters.xlsx',
    bytes,
    dryRun: change.dryRun ?? false,
    language: 'en',
  });

const rowsBack = async (file: { base64: string } | null) =>
  file === null ? [] : readWorkbook(Buffer.from(file.base64, 'base64'), LIMITS);
const everything = () =>
  ctx.db.query(`select (select count(*) from meter) as meters, (select count(*) from device_directory) as addresses,
    (select count(*) from meter_binding) as bindings, (select count(*) from reading) as readings,
    (select count(*) from audit) as audit, (select count(*) from meter_import) as imports`);

test('good rows come in with their addresses, stalls, start readings and access', async () => {
  const bound = rowOf({ ctRatio: '40', model: 'DTSY1352-NK', stall: 'A-1', start: '12.5' });
  const onBus = rowOf({
    model: 'DDZY-645',
    link: 'dtu',
    linkKey: 'dtu-here',
    busAddress: '2/000000000017',
    password: '00000007',
  });
  const water = rowOf({
    kind: '水',
    model: 'NB-WATER-15',
    link: 'nb',
    linkKey: 'product-here/d1',
    busAddress: '78330000000001',
  });
  const result = await bring(await fileOf([bound, onBus, water]));
  expect(result).toMatchObject({ rows: 3, created: 3, unchanged: 0, failed: 0, errors: [], failedRows: null });
  const { meters } = await listMeters(ctx.db, here.marketId, {});
  expect(meters).toMatchObject([
    { serial: bound.serial, ctRatio: 40, stallCode: 'A-1', lastTotal: 500_000, lastReadAt: START.toISOString() },
    { serial: onBus.serial, stallCode: null, linkKey: 'dtu-here', busAddress: '2/000000000017' },
    { serial: water.serial, kind: 'water', stallCode: null, lastTotal: null },
  ]);
  expect(await findDevices(ctx.db, 'dtu', 'dtu-here')).toMatchObject([{ access: { password: '00000007' } }]);
  const audit = await auditOf(ctx, here, `import:${result.importId}`);
  expect(audit).toMatchObject([{ action: 'devices.import_meters', after: { fileName: 'meters.xlsx' } }]);
  expect(JSON.stringify(audit)).not.toContain('00000007');
});

test('the same file again changes nothing, and a row that differs is told where', async () => {
  const rows = [rowOf({ stall: 'A-2', start: '1' }), rowOf()];
  await bring(await fileOf(rows));
  const before = await everything();
  expect(await bring(await fileOf(rows))).toMatchObject({ importId: null, created: 0, unchanged: 2, failed: 0 });
  const differs = rows.map((row) => ({ ...row, ctRatio: '5' }));
  expect(await bring(await fileOf(differs))).toMatchObject({
    created: 0,
    failed: 2,
    errors: [
      { row: 2, column: 'ctRatio', code: 'devices.serial_in_use' },
      { row: 3, column: 'ctRatio', code: 'devices.serial_in_use' },
    ],
  });
  expect(await everything()).toEqual(before);
});

test('a dry run says what would be and changes nothing', async () => {
  const before = await everything();
  const bytes = await fileOf([rowOf(), rowOf({ model: 'NOSUCH' })]);
  const dry = await bring(bytes, { dryRun: true });
  expect(dry).toMatchObject({ importId: null, rows: 2, created: 1, failed: 1 });
  expect(await everything()).toEqual(before);
  const { errors } = dry;
  expect(await bring(bytes)).toMatchObject({ importId: expect.any(String), rows: 2, created: 1, failed: 1, errors });
});

test('every error of every row is told with its column, and the bad rows come back with them', async () => {
  const twin = rowOf();
  const rows = [
    rowOf({ kind: 'gas', ctRatio: '0', start: 'many', busAddress: '' }),
    twin,
    rowOf({ serial: twin.serial ?? '' }),
    rowOf({ linkKey: twin.linkKey ?? '' }),
    rowOf({ link: 'dtu', linkKey: 'dtu-there' }),
    rowOf({ stall: 'Z-9', link: 'nb', linkKey: 'product-there/1' }),
    rowOf({ password: '1' }),
    rowOf({ start: '1' }),
  ];
  const result = await bring(await fileOf(rows));
  expect(result).toMatchObject({ rows: 8, created: 1, failed: 7 });
  expect(result.errors.map(({ row, column, code }) => `${row} ${column} ${code}`)).toEqual([
    '2 kind devices.cell_not_understood',
    '2 ctRatio devices.cell_not_understood',
    '2 busAddress devices.cell_missing',
    '2 start devices.cell_not_understood',
    '4 serial devices.twice_in_file',
    '5 busAddress devices.twice_in_file',
    '6 linkKey devices.unknown_gateway',
    '7 linkKey devices.unknown_product',
    '7 stall devices.no_such_stall',
    '8 password devices.bad_access',
    '9 start devices.start_without_stall',
  ]);
  const back = await rowsBack(result.failedRows);
  expect(back).toHaveLength(8);
  expect(back[0]?.at(-1)).toBe('Errors');
  expect(back[1]?.at(-1)).toMatch(/Kind: .*; CT ratio: .*; Address: /);
});

test('what another market has is neither seen nor taken', async () => {
  const row = rowOf();
  await bring(await fileOf([row]), { place: there });
  expect(await bring(await fileOf([row]))).toMatchObject({
    errors: [{ column: 'busAddress', code: 'devices.address_in_use', message: 'another meter has this address' }],
  });
  expect(await bring(await fileOf([rowOf({ linkKey: row.linkKey ?? '', busAddress: '9' })]))).toMatchObject({
    errors: [{ code: 'devices.address_in_use' }],
  });
});

test.each(['zh', 'en'] as const)(
  'the template in %s is understood as it is, and its example is passed over',
  async (language) => {
    const file = await templateFile(meterSheet, language);
    const bytes = Buffer.from(file.base64, 'base64');
    expect(await bring(bytes)).toMatchObject({ rows: 0, created: 0, failed: 0 });
    const [heading = []] = await readWorkbook(bytes, LIMITS);
    const row = { ...meterSheet.example[language], serial: `T-${language}`, linkKey: `T-${language}`, stall: 'A-3' };
    const filled = await writeWorkbook([
      { name: 'm', headRows: 1, widths: [], rows: [heading.map(String), COLUMNS.map((column) => row[column] || null)] },
    ]);
    expect(await bring(filled)).toMatchObject({ rows: 1, created: 1, errors: [] });
  },
);

test('a sheet that is not one of meters, or has a column twice, is refused', async () => {
  const sheet = (...headings: string[]) => writeWorkbook([{ name: 'm', headRows: 0, widths: [], rows: [headings] }]);
  await expect(bring(await sheet('Name', 'Phone'))).rejects.toThrow(refused('devices.not_a_meter_sheet'));
  const all = COLUMNS.map((column) => meterSheet.words.zh[column].heading);
  await expect(bring(await sheet(...all, 'Serial'))).rejects.toThrow(refused('devices.not_a_meter_sheet'));
});

test('the same sheet brought in twice at once comes in once', async () => {
  const row = rowOf({ stall: 'A-1', start: '3' });
  const sheet = [[...COLUMNS], COLUMNS.map((column) => row[column] ?? null)];
  const order = { fileName: 'twice.xlsx', dryRun: false };
  const both = await Promise.all([importSheet(ctx, here, sheet, order), importSheet(ctx, here, sheet, order)]);
  expect(both.map(({ created, unchanged }) => [created, unchanged]).toSorted()).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

const broken = fc.record(
  Object.fromEntries(
    COLUMNS.map((column) => [
      column,
      fc.oneof(
        fc.constantFrom(
          '',
          ' ',
          '0',
          '-1',
          '1',
          '247',
          'electricity',
          '水',
          'dtu',
          'dtu-here',
          'nb',
          'A-1',
          'DDSY1352-NK',
        ),
        fc.string({ unit: 'grapheme', maxLength: 90 }).filter((text) => !/[\p{C}\ufffe\uffff]/u.test(text)),
      ),
    ]),
  ) as Record<Column, fc.Arbitrary<string>>,
);

test('whatever stands in a sheet: each row comes in, is there already or comes back, and nothing else happens', async () => {
  const bringRows = (rows: readonly SheetRow[]) =>
    importSheet(ctx, here, [[...COLUMNS], ...rows.map((row) => COLUMNS.map((column) => row[column] ?? null))], {
      fileName: 'any.xlsx',
      dryRun: false,
    });
  await fc.assert(
    fc.asyncProperty(fc.array(broken, { maxLength: 12 }), async (rows) => {
      const good = rowOf();
      const before = await everything();
      const result = await bringRows([...rows, good]);
      expect(result.created + result.unchanged + result.failed).toBe(result.rows);
      expect(await ctx.db.query('select 1 from meter where serial = $1', [good.serial])).toHaveLength(1);
      const after = await everything();
      expect(Number(after[0]?.['meters'])).toBe(Number(before[0]?.['meters']) + result.created);
      expect(await bringRows([...rows, good])).toMatchObject({ created: 0, failed: result.failed });
      expect(await everything()).toEqual(after);
    }),
    { numRuns: 60 },
  );
});

test('an import is taken back whole, and the same file can come in again', async () => {
  const rows = [rowOf({ stall: 'A-1', start: '5' }), rowOf()];
  const bytes = await fileOf(rows);
  const { importId } = await bring(bytes);
  const id = importId ?? '';
  await expect(undoImport(ctx, there, id, 'wrong hall')).rejects.toThrow(refused('devices.no_such_import'));
  expect(await undoImport(ctx, here, id, 'wrong hall')).toBe(2);
  expect(await findDevices(ctx.db, 'acrel4g', rows[0]?.linkKey ?? '')).toEqual([]);
  await expect(undoImport(ctx, here, id, 'again')).rejects.toThrow(refused('devices.import_undone'));
  expect((await listImports(ctx.db, here.marketId)).find((one) => one.importId === id)).toMatchObject({
    meters: 2,
    undoneAt: START.toISOString(),
    operatorName: '技术员',
  });
  clock.set(minute(1));
  expect(await bring(bytes)).toMatchObject({ created: 2, failed: 0 });
});

test('an import of which something has come is not taken back', async () => {
  const { importId } = await bring(await fileOf([rowOf({ stall: 'A-2' }), rowOf()]));
  await ctx.db.query(
    `insert into reading (market_id, meter_id, read_at, received_at, origin, total, quality)
     select market_id, meter_id, $2, $2, 'pushed', 1, 'good' from meter where import_id = $1 limit 1`,
    [importId, minute(3)],
  );
  await expect(undoImport(ctx, here, importId ?? '', 'wrong')).rejects.toThrow(refused('devices.import_in_use'));
});

test('a meter entered by hand and then by a file is the same meter', async () => {
  const row = rowOf();
  const { serial = '', linkKey = '' } = row;
  const model = 'DDSY1352-NK';
  const meterId = await createMeter(ctx, here, {
    kind: 'electricity',
    model,
    serial,
    ctRatio: 1,
    link: 'acrel4g',
    linkKey,
    busAddress: '1',
  });
  expect(await bring(await fileOf([row]))).toMatchObject({ created: 0, unchanged: 1 });
  await updateMeter(ctx, here, meterId, { busAddress: '2' });
  expect(await bring(await fileOf([row]))).toMatchObject({ errors: [{ column: 'busAddress' }] });
});
