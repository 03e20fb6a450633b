import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, startTestMarket, type TestMarket, withBalances } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { exported } from './exported.ts';
import { addOperator, type Credentials, firstAdmin, signIn } from './staff.ts';

const DESKTOP = { width: 1440, height: 900 };

let market: TestMarket;
let technician: Credentials;
let first: Browser;
/** As it were another machine: nothing is shared with the first but the server. */
let second: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 40,
    speed: 60,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 1_000_00),
  });
  technician = await addOperator(market, 'technician');
  [first, second] = await Promise.all([openBrowser(DESKTOP), openBrowser(DESKTOP)]);
  page = await first.context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await signIn(page, market, technician);
});
afterAll(async () => {
  await first?.close();
  await second?.close();
  await market?.stop();
});

const heads = (of: Page) =>
  of.locator('th[data-column]').evaluateAll((all) => all.map((one) => one.getAttribute('data-column')));
const widthOf = (of: Page, column: string) =>
  of.locator(`th[data-column="${column}"]`).evaluate((one) => Math.round(one.getBoundingClientRect().width));
const open = async (of: Page, path: string) => {
  await of.goto(`${market.server.httpUrl}${path}`);
  // The first sweep may be half an hour of the market away.
  await of.locator('tr[data-index]').first().waitFor({ timeout: 90_000 });
};
/** What is kept is written a moment later. */
const kept = (of: Page) =>
  of.waitForResponse((answer) => answer.url().includes('/api/me/lists/') && answer.request().method() === 'PUT');

test('columns, their order and their widths come back at another machine', async () => {
  await open(page, '/meters');
  expect(await heads(page)).toEqual(['serial', 'stall', 'model', 'online', 'lastRead', 'lastContact', 'ct', 'link']);
  await page.getByTestId('list-columns').click();
  await page.getByTestId('column-signal').check();
  await page.getByTestId('column-ct').uncheck();
  await page.getByTestId('column-up-link').focus();
  for (let step = 0; step < 4; step++) await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.locator('th[data-column="stall"]').dragTo(page.locator('th[data-column="lastContact"]'));
  await page.getByTestId('edge-model').focus();
  const before = await widthOf(page, 'model');
  const written = kept(page);
  for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowRight');
  await written;
  const order = await heads(page);
  expect(order).toEqual(['serial', 'model', 'online', 'lastRead', 'link', 'lastContact', 'stall', 'signal']);
  expect(await widthOf(page, 'model')).toBe(before + 64);

  const other = await second.context.newPage();
  await signIn(other, market, technician);
  await open(other, '/meters');
  expect(await heads(other)).toEqual(order);
  expect(await widthOf(other, 'model')).toBe(before + 64);

  await signIn(other, market, await addOperator(market, 'technician'));
  await open(other, '/meters');
  expect((await heads(other)).slice(0, 3)).toEqual(['serial', 'stall', 'model']);
});

test('a view is saved under a name, opened at another machine, renamed and deleted there', async () => {
  await open(page, '/meters?kind=water&sort=-serial');
  const rows = await page.getByTestId('meters-row').allInnerTexts();
  await page.getByTestId('list-views').click();
  await page.getByTestId('view-name').fill('水表倒序');
  const written = kept(page);
  await page.getByTestId('view-save').click();
  await written;
  expect(await page.getByTestId('list-views').innerText()).toBe('水表倒序');

  const other = await second.context.newPage();
  await signIn(other, market, technician);
  await open(other, '/meters');
  expect(await other.getByTestId('list-views').innerText()).toBe('常用视图');
  await other.getByTestId('list-views').click();
  await other.getByTestId('view-choose').click();
  await eventually(async () => expect(await other.getByTestId('list-views').innerText()).toBe('水表倒序'));
  await eventually(async () => expect(await other.getByTestId('meters-row').count()).toBe(rows.length));
  expect(new URL(other.url()).search).toBe('?sort=-serial&kind=water');
  await other.getByTestId('list-views').click();
  await other.getByRole('button', { name: '重命名水表倒序' }).click();
  await other.keyboard.type('新');
  await other.keyboard.press('Enter');
  await eventually(async () => expect(await other.getByTestId('list-views').innerText()).toContain('新'));
  const gone = kept(other);
  await other.getByTestId('view-delete').click();
  await gone;
  await open(page, '/meters?kind=water&sort=-serial');
  expect(await page.getByTestId('list-views').innerText()).toBe('常用视图');
});

test('meters are chosen over pages, all of a filter but one, and read together; each says what came of it', async () => {
  await open(page, '/meters');
  const { total } = await market.api('meters', { params: { marketId: market.marketId }, query: {} });
  expect(total).toBeGreaterThan(50);
  const chosen = () => page.getByTestId('selection').innerText();
  await page.getByTestId('choose-row').nth(0).check();
  await page.locator('.el-pager li', { hasText: '2' }).click();
  await eventually(async () => expect(await page.getByTestId('meters-row').count()).toBe(total - 50));
  await page.getByTestId('choose-row').nth(0).check();
  await eventually(async () => expect(await chosen()).toContain('已选 2 条'));
  await page.locator('.el-pager li', { hasText: '1' }).click();
  await eventually(async () => expect(await page.locator('tr.chosen').count()).toBe(1));

  await open(page, '/meters?kind=electricity');
  const electric = (
    await market.api('meters', { params: { marketId: market.marketId }, query: { kind: 'electricity' } })
  ).total;
  await page.getByTestId('choose-page').check();
  if (electric > 50) await page.getByTestId('choose-all').click();
  await page.getByTestId('choose-row').nth(1).uncheck();
  await eventually(async () => expect(await chosen()).toContain(`已选 ${electric - 1} 条`));
  await page.getByTestId('chosen-read').click();
  await page.getByTestId('read-seen').waitFor();
  await page.getByTestId('read-reason').fill('月末抄表');
  await page.getByTestId('read-start').click();
  await page.getByTestId('batch-facts').waitFor();
  await eventually(async () => {
    const counted = async (state: string) => {
      const chip = page.getByTestId(`count-${state}`);
      return (await chip.count()) === 0 ? 0 : Number(/\d+/.exec(await chip.innerText())?.[0]);
    };
    expect((await counted('answered')) + (await counted('skipped'))).toBe(electric - 1);
    expect(await counted('answered')).toBeGreaterThan(0);
  });
  expect(await page.locator('h1').innerText()).toMatch(/批量抄表 · 已抄 \d+ \/ \d+/);
});

test('a list is worked by keyboard alone: found, walked, chosen, sorted, widened, and a row opened', async () => {
  await open(page, '/meters');
  await page.keyboard.press('/');
  await page.keyboard.type('A-0');
  await eventually(async () => expect(new URL(page.url()).searchParams.get('q')).toBe('A-0'));
  await page.keyboard.press('Escape');
  await eventually(async () => expect(new URL(page.url()).search).toBe(''));
  await page.getByTestId('meters-row').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await eventually(async () => expect(await page.getByTestId('selection').innerText()).toContain('已选 1 条'));
  expect(await page.locator('tr.chosen').getAttribute('data-index')).toBe('1');
  await page.keyboard.press('Space');
  await page.getByTestId('selection').waitFor({ state: 'detached' });
  await page.locator('th[data-column="serial"] button').focus();
  await page.keyboard.press('Enter');
  await eventually(async () => expect(new URL(page.url()).searchParams.get('sort')).toBe('serial'));
  await page.getByTestId('meters-row').first().focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('meter-replace').waitFor();
});

test('what is exported is what is filtered, all of its pages, with the columns shown in their order', async () => {
  const { meters, total } = await market.api('meters', {
    params: { marketId: market.marketId },
    query: { kind: 'electricity', sort: 'serial', descending: true, pageSize: 10_000 },
  });
  await open(page, '/meters?kind=electricity&sort=-serial');
  const [head = '', ...lines] = (await exported(page, 'csv')).trim().split('\r\n');
  const places = ['表号', '型号', '通信方式', '档位', '信号'].map((label) => head.indexOf(label));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places[0]).toBe(0);
  expect(lines).toHaveLength(total);
  expect(lines.map((line) => line.split(',')[0])).toEqual(meters.map(({ serial }) => serial));
});

test('holds are filtered to what was decided, a view of that is saved, and it is taken along', async () => {
  const params = { marketId: market.marketId };
  const holds = async () => (await market.api('holds', { params, query: {} })).holds;
  const water = market.site.stalls.flatMap(({ meters }) => meters.filter(({ kind }) => kind === 'water'));
  for (const { serial } of water.slice(0, 2)) {
    market.simulator.water(serial).forceDecrease();
    market.simulator.water(serial).wakeNow();
  }
  await eventually(async () => expect((await holds()).length).toBe(2));
  const [first, second] = await holds();
  const body = { action: 'reject', note: '现场核对过' } as const;
  await market.api('releaseHold', { params: { ...params, holdId: first?.holdId ?? '' }, body });

  await open(page, '/exceptions/holds?medium=water');
  await eventually(async () => {
    expect(await page.getByTestId('holds-row').allInnerTexts()).toEqual([
      expect.stringContaining(second?.meterSerial ?? ''),
    ]);
  });
  await page.locator('.el-select', { has: page.getByRole('combobox', { name: '状态' }) }).click();
  await page.getByRole('option', { name: '已处理' }).click();
  await eventually(async () => {
    expect(await page.getByTestId('holds-row').allInnerTexts()).toEqual([expect.stringContaining('现场核对过')]);
  });
  const asked = () => Object.fromEntries(new URL(page.url()).searchParams);
  expect(asked()).toEqual({ medium: 'water', state: 'released' });
  await page.getByTestId('list-views').click();
  await page.getByTestId('view-name').fill('已处理的水表');
  const written = kept(page);
  await page.getByTestId('view-save').click();
  await written;
  const [head = '', ...lines] = (await exported(page, 'csv')).trim().split('\r\n');
  expect(head).toContain('处理人');
  expect(lines).toEqual([expect.stringMatching(new RegExp(`${first?.meterSerial}.*已剔除.*现场核对过`))]);
  await page.goto(`${market.server.httpUrl}/exceptions/holds`);
  await page.getByTestId('list-views').click();
  await page.getByTestId('view-choose').click();
  await eventually(() => expect(asked()).toEqual({ medium: 'water', state: 'released' }));
});

const LISTS = [
  '/accounts',
  '/audit',
  '/audit?where=installation',
  '/collector/frames',
  '/collector/sessions',
  '/collector/sweep',
  '/meters',
  '/receipts',
  '/stall-register',
];
test('every list that has a page is taken along from there', async () => {
  await signIn(page, market, firstAdmin(market));
  const { stalls } = await market.api('grid', { params: { marketId: market.marketId } });
  const accountId = (await market.stall(stalls[0]?.code ?? '')).account?.accountId ?? '';
  const body = { requestId: crypto.randomUUID(), amountFen: 10_00, method: 'cash' } as const;
  await market.api('topUp', { params: { marketId: market.marketId, accountId }, body });
  for (const path of LISTS) {
    await open(page, path);
    const lines = (await exported(page, 'csv')).trim().split('\r\n');
    expect([path, lines.length > 1]).toEqual([path, true]);
  }
  for (const path of ['/collector/lost', '/collector/clocks', '/unclaimed']) {
    await page.goto(`${market.server.httpUrl}${path}`);
    expect([path, (await exported(page, 'csv')).startsWith('\ufeff')]).toEqual([path, true]);
  }
  expect(errors).toEqual([]);
});
