import { type ExportRequest, exportPathOf, type Route, type RouteName, routes } from '@openprepay/contract';
import { readSheet } from 'read-excel-file/universal';
import { expect, test } from 'vitest';
import { testContext } from '../../test-support/database.ts';
import type { Handlers } from './handlers.ts';
import { buildHttp } from './http.ts';
import { SESSION_COOKIE } from './http-guard.ts';
import { sample } from './test-support/sample.ts';
import { NAMES, pathOf, roleCaller } from './test-support/stub-http.ts';

const LISTS = NAMES.filter((name) => (routes[name] as Route).list);
const ROWS = 20_001;
/** How many a list has now. */
let count = ROWS;

const ctx = await testContext();
/** What was asked of which list, and what the database's snapshot was. */
const asked: { name: string; query: object }[] = [];
const noted: object[] = [];
let rowOf: (index: number) => object = () => ({});

/** Every list has so many rows, whichever page is asked for. */
function answering(name: RouteName) {
  const { list, response } = routes[name] as Route;
  return async (on: typeof ctx, { query = {} }: { query?: Record<string, number> & { after?: string } }) => {
    if (!list) return sample(response as never);
    await on.db.query('select 1');
    asked.push({ name, query });
    const { page = 1, pageSize = count, after = (page - 1) * pageSize } = query;
    const { offset = Number(after), limit = pageSize } = query;
    const found = Math.max(Math.min(limit, count - offset), 0);
    const rows = Array.from({ length: found }, (_, index) => rowOf(offset + index));
    const next = offset + found < count ? String(offset + found) : null;
    return list.rows === null ? rows : { [list.rows]: rows, next };
  };
}
const app = await buildHttp(ctx, {
  handlers: {
    ...Object.fromEntries(NAMES.map((name) => [name, answering(name)])),
    operatorOf: async (_: unknown, token: string) => roleCaller(token === 'cashier' ? 'cashier' : 'admin'),
    keyHolderOf: async () => null,
    isWithin: async () => true,
    noteExport: async (_: unknown, one: object) => void noted.push(one),
  } as unknown as Handlers,
  consoleDir: null,
  version: '1',
  clockSpeed: 1,
});

const body = (over: Partial<ExportRequest> = {}): ExportRequest => {
  return {
    format: 'xlsx',
    title: '表计 / 1',
    timeZone: 'Asia/Shanghai',
    columns: [{ key: 'serial', label: '表号' }],
    ...over,
  };
};
const take = (name: RouteName, payload: ExportRequest, token = 'admin', query: object = {}) =>
  app.inject({
    method: 'POST',
    url: exportPathOf({ path: pathOf(routes[name]) }),
    query: query as Record<string, string>,
    cookies: { [SESSION_COOKIE]: token },
    payload,
  });
/** What a list does not go without. */
const MUST_ASK: Readonly<Partial<Record<RouteName, Readonly<Record<string, string>>>>> = {
  charges: { from: '2026-03-02', to: '2026-03-02' },
};
const sheetOf = (bytes: Uint8Array) => readSheet(Uint8Array.from(bytes).buffer) as Promise<unknown[][]>;

test('every list of the contract can be had as a file with all of its cells, each of a field that its rows have', async () => {
  expect(LISTS.length).toBeGreaterThanOrEqual(12);
  const read = new Set<string>();
  for (const name of LISTS) {
    const { list, response } = routes[name] as Route;
    if (!list) continue;
    const answer = sample(response as never) as Record<string, object[]>;
    const [row = {}] = list.rows === null ? (answer as unknown as object[]) : (answer[list.rows] ?? []);
    for (const [path] of Object.values(list.cells)) {
      const [first = ''] = path.split('.');
      expect([name, path, Object.hasOwn(row, first)]).toEqual([name, path, true]);
    }
    rowOf = () => row;
    asked.length = 0;
    // One list of each kind of paging is read over several pages.
    count = read.has(list.paging) ? 2 : ROWS;
    read.add(list.paging);
    const columns = Object.keys(list.cells).map((key) => ({ key, label: key }));
    const taken = await take(name, body({ columns, format: 'csv' }), 'admin', MUST_ASK[name]);
    expect([name, taken.statusCode]).toEqual([name, 200]);
    expect([name, taken.body.split('\r\n').length]).toEqual([name, count + 2]);
    expect([name, asked.length]).toEqual([name, list.paging === 'whole' || count < ROWS ? 1 : 3]);
  }
  count = ROWS;
});

test('cells are what they are: text is text, amounts have their decimals, codes their words, times the wall’s', async () => {
  rowOf = (index) => ({
    serial: index === 0 ? '=HYPERLINK("x")' : `0${index}`,
    kind: 'water',
    online: index === 0,
    lastTotal: index === 0 ? -1 : 1_234_567,
    lastReadAt: '2026-03-02T16:30:05.000Z',
    rssi: null,
  });
  const columns = [
    { key: 'lastTotal', label: '读数' },
    { key: 'serial', label: '表号' },
    { key: 'kind', label: '类型', words: { water: '水表, "冷"' } },
    { key: 'online', label: '在线', words: { true: '在线', false: '离线' } },
    { key: 'lastReadAt', label: '时间' },
    { key: 'signal', label: '信号' },
  ];
  const [head, first, second] = await sheetOf((await take('meters', body({ columns }))).rawPayload);
  expect(head).toEqual(['读数', '表号', '类型', '在线', '时间', '信号']);
  const at = new Date('2026-03-03T00:30:05.000Z');
  expect(first).toEqual([-0.001, '=HYPERLINK("x")', '水表, "冷"', '在线', at, null]);
  expect(second?.slice(0, 2)).toEqual([1234.567, '01']);

  const csv = await take('meters', body({ columns, format: 'csv' }));
  expect(csv.headers['content-disposition']).toBe(`attachment; filename*=UTF-8''${encodeURIComponent('表计 / 1.csv')}`);
  const lines = csv.body.split('\r\n');
  expect(lines[0]).toBe('\ufeff读数,表号,类型,在线,时间,信号');
  expect(lines[1]).toBe(`-0.001,"'=HYPERLINK(""x"")","水表, ""冷""",在线,2026-03-03 00:30:05,`);
  expect(lines).toHaveLength(ROWS + 2);
});

test('what is exported is what is filtered, on record, and only for whoever may see the list', async () => {
  rowOf = () => ({ serial: '1' });
  asked.length = noted.length = 0;
  await take('meters', body(), 'admin', { kind: 'water', page: 7, pageSize: 50 });
  expect(asked.map(({ query }) => query)).toEqual(
    [1, 2, 3].map((page) => expect.objectContaining({ kind: 'water', page, pageSize: 10_000 })),
  );
  expect(noted).toEqual([
    {
      marketId: expect.any(String),
      operatorId: expect.any(String),
      list: 'meters',
      asked: { query: expect.objectContaining({ kind: 'water' }), format: 'xlsx', columns: ['serial'], rows: ROWS },
    },
  ]);
  expect((await take('audit', body({ columns: [{ key: 'at', label: 'x' }] }), 'cashier')).statusCode).toBe(403);
  expect((await take('meters', body({ columns: [{ key: 'secret', label: 'x' }] }))).json().code).toBe(
    'http.no_such_column',
  );
  expect((await take('meters', body({ timeZone: 'Mars/Base' }))).statusCode).toBe(400);
  expect(noted).toHaveLength(1);
});

test('many exports at once are refused rather than waited for, and the lists go on', async () => {
  rowOf = () => ({ serial: '1' });
  const taken = await Promise.all(Array.from({ length: 6 }, () => take('meters', body())));
  expect(taken.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 200, 200, 503, 503, 503]);
  expect((await take('meters', body())).statusCode).toBe(200);
});
