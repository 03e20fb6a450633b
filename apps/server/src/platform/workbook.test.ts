import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { xlsxOf, zipOf } from './test-support/zip.ts';
import { readWorkbook, writeWorkbook } from './workbook.ts';
import { unpackedSize } from './zip-directory.ts';

const LIMITS = { maxBytes: 6 * 1024 * 1024, maxRows: 20_001, maxColumns: 60 };
const refused = (code: string) => expect.objectContaining({ code });
const read = (bytes: Uint8Array) => readWorkbook(bytes, LIMITS);
const cell = (at: string, text: string) => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;
const row = (number: number, cells: string) => `<row r="${number}">${cells}</row>`;

test('what is written is read again, also what begins like a formula', async () => {
  const rows = [
    ['表号', 'note'],
    ['00017', '=1+1'],
    ['', "=cmd|'/c calc'!A1"],
  ];
  const bytes = await writeWorkbook([{ name: '仪表', headRows: 1, widths: [20, 40], rows }]);
  expect(await read(bytes)).toEqual([rows[0], rows[1], [null, "=cmd|'/c calc'!A1"]]);
});

test('of a formula its last value is taken, and numbers and dates stay what they are', async () => {
  const formula = '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>';
  expect(await read(xlsxOf(row(1, formula)))).toEqual([[2, 'ab']]);
});

test.each<[string, string, Uint8Array]>([
  ['nothing', 'workbook.not_xlsx', new Uint8Array()],
  ['text', 'workbook.not_xlsx', Buffer.from('serial,kind\n1,water\n')],
  ['an old .xls', 'workbook.not_xlsx', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)])],
  ['another ZIP', 'workbook.broken', zipOf([{ name: 'hello.xml', content: '<a/>' }])],
  ['an empty ZIP', 'workbook.broken', zipOf([])],
  ['half a file', 'workbook.not_xlsx', xlsxOf(row(1, cell('A1', 'a'))).subarray(0, 300)],
  ['XML that does not end', 'workbook.broken', xlsxOf('', { content: '<worksheet><sheetData><row r="1"><c r="A1"' })],
  ['cells out of order', 'workbook.broken', xlsxOf(row(2, cell('A2', 'a')) + row(1, cell('A1', 'a')))],
])('%s is refused as %s', async (_what, code, bytes) => {
  await expect(read(bytes)).rejects.toThrow(refused(code));
});

test('a file that is too big, or unpacks to too much, is not opened', async () => {
  await expect(readWorkbook(Buffer.alloc(11), { ...LIMITS, maxBytes: 10 })).rejects.toThrow(
    refused('workbook.too_large'),
  );
  const bomb = xlsxOf('', { content: Buffer.alloc(60 * 1024 * 1024, 0x20) });
  expect(bomb.length).toBeLessThan(100_000);
  await expect(read(bomb)).rejects.toThrow(refused('workbook.too_large'));
});

test('an entry that says it is small is given no more room than it says', async () => {
  const bomb = xlsxOf('', { content: Buffer.alloc(60 * 1024 * 1024, 0x20), saidSize: 1_000 });
  expect(unpackedSize(bomb)).toBeLessThan(5_000);
  await expect(read(bomb)).rejects.toThrow(/^/);
});

test('rows that reach out to the last column take the thread’s memory, not the server’s', {
  timeout: 60_000,
}, async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => row(index + 1, cell(`XFD${index + 1}`, 'x')));
  await expect(read(xlsxOf(rows.join('')))).rejects.toThrow(/too much memory|more than 60 columns/);
});

test('more rows or columns than are taken are refused with a number', async () => {
  const rows = Array.from({ length: 21 }, (_, index) => row(index + 1, cell(`A${index + 1}`, 'x')));
  await expect(readWorkbook(xlsxOf(rows.join('')), { ...LIMITS, maxRows: 20 })).rejects.toThrow(
    refused('workbook.too_many_rows'),
  );
  await expect(read(xlsxOf(row(1_048_576, cell('A1048576', 'x'))))).rejects.toThrow(refused('workbook.too_many_rows'));
  await expect(read(xlsxOf(row(1, cell('BI1', 'x'))))).rejects.toThrow(refused('workbook.too_many_columns'));
});

test('entities that a file makes up are not followed', async () => {
  const before =
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">]>';
  const outcome = await read(xlsxOf(row(1, cell('A1', '&c;&f;')), { before })).catch(
    (error: { code: string }) => error.code,
  );
  expect(JSON.stringify(outcome)).not.toMatch(/bbbb|root:/);
});

test('the directory of any bytes is read without falling over', () => {
  const real = xlsxOf(row(1, cell('A1', 'a')));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
      const bytes = Buffer.from(real);
      for (const [at, value] of changes) bytes[at] = value;
      const size = unpackedSize(bytes);
      expect(size === null || size >= 0).toBe(true);
    }),
  );
});

test('of many files at once two are open at a time, and one that is refused makes room like any other', async () => {
  let open = 0;
  let most = 0;
  const count = (message: unknown) => {
    open += 1;
    most = Math.max(most, open);
    (message as { process: ChildProcess }).process.once('exit', () => {
      open -= 1;
    });
  };
  subscribe('child_process', count);
  const good = xlsxOf(row(1, cell('A1', 'a')));
  const answers = await Promise.allSettled([good, new Uint8Array(), good, new Uint8Array(), good].map(read));
  unsubscribe('child_process', count);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect(most).toBe(2);
});
