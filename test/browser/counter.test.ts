import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  eventually,
  expectProved,
  ordinaryStall,
  startTestMarket,
  type TestMarket,
  withBalances,
} from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { exported } from './exported.ts';
import { addOperator, type Credentials, signIn, speak } from './staff.ts';

const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };
const POINTS_PER_MM = 72 / 25.4;

let market: TestMarket;
let browser: Browser;
let page: Page;
let cashier: Credentials;
let finance: Credentials;
let code: string;
let downloads: string;
const complaints: string[] = [];

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 8,
    speed: 60,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 1_000_00),
  });
  ({ code } = ordinaryStall(market.site));
  cashier = await addOperator(market, 'cashier');
  finance = await addOperator(market, 'finance');
  downloads = await mkdtemp(join(tmpdir(), 'openprepay-downloads-'));
  browser = await openBrowser(DESKTOP);
  page = await browser.context.newPage();
  // The print dialog would wait for a person: what would be on paper stays on the page, to be looked at.
  await page.addInitScript('window.prints = 0; window.print = () => { window.prints += 1; };');
  page.on('pageerror', (error) => complaints.push(error.message));
});
beforeEach(() => page.emulateMedia({ media: null }));
afterAll(async () => {
  await browser?.close();
  await market?.stop();
  await rm(downloads, { recursive: true, force: true });
});

const open = (path: string) => page.goto(`${market.server.httpUrl}${path}`);
const prints = () => page.evaluate<number>('window.prints');
const focused = (testid: string) => page.locator(`[data-testid="${testid}"]:focus`).waitFor();
const press = async (...keys: readonly string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const receipts = async (text: string) =>
  (await market.api('receipts', { params: { marketId: market.marketId }, query: { text } })).receipts;

test('a cashier opens the shift, finds, sells and prints without a mouse, and is ready for the next customer', async () => {
  await signIn(page, market, cashier);
  await open('/cashier');
  await focused('shift-float');
  await page.keyboard.type('200');
  await press('Enter');
  await focused('cashier-search');

  await page.keyboard.type(code.toLowerCase().replace('-', ''));
  await press('Enter');
  await focused('cashier-amount');
  expect(await page.getByTestId('customer-card').textContent()).toContain(code);
  await eventually(async () => expect(await page.getByTestId('cashier-supply').count()).toBe(2));
  await page.keyboard.type('88.5');
  await press('F9');
  await focused('cashier-amount');
  await press('Enter');
  await page.getByTestId('cashier-sold').waitFor();
  await focused('cashier-search');
  expect(await page.getByTestId('cashier-sold').textContent()).toMatch(/¥88\.50.*001-00000001.*捌拾捌元伍角/s);
  expect(await prints()).toBe(1);
  expect(await receipts(code)).toMatchObject([
    { number: '001-00000001', amountFen: 88_50, method: 'bank', reprints: 0 },
  ]);

  // The next: chosen by arrows, the amount too.
  await page.keyboard.type('商户');
  await page.getByTestId('customer-option').first().waitFor();
  await press('ArrowDown', 'ArrowDown', 'Enter');
  await focused('cashier-amount');
  await press('ArrowUp', 'ArrowUp', 'ArrowUp', 'Enter');
  await focused('cashier-search');
  await eventually(async () => expect(await page.getByTestId('last-sale').count()).toBe(2));
  const [second] = (await market.api('receipts', { params: { marketId: market.marketId }, query: {} })).receipts;
  expect(second).toMatchObject({ number: '001-00000002', amountFen: 200_00, method: 'cash' });
});

test('Enter struck twice sells once, and so does a sale whose answer was lost', async () => {
  await open('/cashier');
  await focused('cashier-search');
  await page.keyboard.type(code);
  await press('Enter');
  await focused('cashier-amount');
  await page.keyboard.type('10');
  const count = async () => (await receipts(code)).length;
  const before = await count();
  await Promise.all([press('Enter'), press('Enter')]);
  await page.getByTestId('cashier-sold').waitFor();
  expect(await count()).toBe(before + 1);

  await focused('cashier-search');
  await page.keyboard.type(code);
  await press('Enter');
  await focused('cashier-amount');
  await page.keyboard.type('20');
  await page.route('**/top-ups', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await press('Enter');
  await page.getByRole('alert').waitFor();
  expect(await page.getByTestId('cashier-amount').isDisabled()).toBe(true);
  expect(await page.getByTestId('cashier-search').isDisabled()).toBe(true);
  await page.unroute('**/top-ups');
  await page.getByTestId('cashier-sell').click();
  await page.getByTestId('cashier-sold').waitFor();
  expect(await count()).toBe(before + 2);
});

test('who is not there is said so, and a wrong amount is refused in words', async () => {
  await open('/cashier');
  await focused('cashier-search');
  await page.keyboard.type('Z-999');
  await press('Enter');
  await page.getByTestId('customer-none').waitFor();
  await press('Escape');
  await page.keyboard.type(code);
  await press('Enter');
  await focused('cashier-amount');
  await page.keyboard.type('1.234');
  await press('Enter');
  await page.getByText('最多两位小数').waitFor();
  await press('Escape');
  await focused('cashier-search');
  expect(await page.getByTestId('customer-card').count()).toBe(0);
});

test('a mistaken sale is taken back from the last sales; its voucher is printed and the books are proved', async () => {
  await open('/cashier');
  const last = page.getByTestId('last-sale').first();
  await last.waitFor();
  const number = (await last.getAttribute('data-number')) ?? '';
  await last.getByTestId('sale-reverse').click();
  await page.getByTestId('reason-input').fill('金额输错');
  await page.getByTestId('reason-confirm').click();
  await eventually(async () => expect((await receipts(number))[0]?.reversedBy).not.toBeNull());
  await eventually(async () => expect(await prints()).toBe(1));
  expect(await page.locator('.print-root').textContent()).toMatch(/冲正凭证.*冲正收据/s);
  await focused('cashier-search');
  await eventually(async () => expectProved(await market.verify()));
});

const LAYOUTS = [
  { paper: 'roll58', widthMm: 58, heightMm: null, parts: 1 },
  { paper: 'roll80', widthMm: 80, heightMm: null, parts: 1 },
  { paper: 'a5', widthMm: 210, heightMm: 148, parts: 1 },
  { paper: 'form241', widthMm: 241, heightMm: 93, parts: 3 },
] as const;

test.each(LAYOUTS)(
  'on $paper a receipt is one page with all that it must say, and counts its reprints',
  async (layout) => {
    const [sale] = (await receipts('001-00000001')).filter(({ kind }) => kind === 'top_up');
    await open(`/receipts/${sale?.txId}`);
    await page.getByTestId('paper').click();
    await page.getByTestId(`paper-${layout.paper}`).click();
    await page.getByTestId('paper-save').click();
    await page.getByTestId('paper-save').waitFor({ state: 'detached' });
    await page.getByTestId('receipt-reprint').click();
    await eventually(async () => expect(await prints()).toBe(1));
    const [printed] = await receipts('001-00000001');
    await page.emulateMedia({ media: 'print' });
    const paper = page.locator('.print-root');
    expect(await page.locator('.shell').isVisible()).toBe(false);
    expect(await paper.locator('[data-part]').count()).toBe(layout.parts);
    for (const part of await paper.locator('[data-part]').all()) {
      const words = (await part.innerText()).replace(/\s+/g, ' ');
      expect(words).toContain(`补打 ${printed?.reprints} 次`);
      for (const said of ['水电费充值收据', '001-00000001', code, '¥88.50', '捌拾捌元伍角', '转账']) {
        expect([layout.paper, words]).toEqual([layout.paper, expect.stringContaining(said)]);
      }
      expect(await part.locator('svg.qr').isVisible()).toBe(true);
    }
    // Nothing runs over an edge, of a part or of the paper.
    const spill = await paper
      .locator('[data-part], [data-testid="receipt-paper"]')
      .evaluateAll((all) =>
        all.flatMap((one) => [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight]),
      );
    expect([layout.paper, Math.max(...spill)]).toEqual([layout.paper, 0]);
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
    const [size, second] = pagesOf(pdf);
    expect(second).toBeUndefined();
    expect(Math.abs((size?.width ?? 0) - layout.widthMm * POINTS_PER_MM)).toBeLessThan(2);
    if (layout.heightMm !== null) {
      expect(Math.abs((size?.height ?? 0) - layout.heightMm * POINTS_PER_MM)).toBeLessThan(2);
    }
    // The printing is done: the page is back.
    await page.locator('.print-root').waitFor({ state: 'detached' });
  },
);

/** The sizes of a PDF's pages in points, as Chromium writes them. */
function pagesOf(pdf: Buffer): { width: number; height: number }[] {
  const source = pdf.toString('latin1');
  return [...source.matchAll(/\/Type\s*\/Page\b(?!s)[\s\S]*?\/MediaBox\s*\[([\d.\s-]+)\]/g)].map(([, box = '']) => {
    const [left = 0, bottom = 0, right = 0, top = 0] = box.trim().split(/\s+/).map(Number);
    return { width: right - left, height: top - bottom };
  });
}

test('receipts are filtered by the server and taken along as a table', async () => {
  await signIn(page, market, finance);
  await open(`/receipts?method=bank&q=${encodeURIComponent(code)}`);
  await eventually(async () => expect(await page.getByTestId('receipts-row').count()).toBe(1));
  expect(await page.getByTestId('receipts-net').textContent()).toContain('¥88.50');
  const lines = (await exported(page, 'csv')).trim().split('\r\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/^001-00000001,.*,充值,.*,88\.50,/);
});

test('the ledger has every entry of the market, and each opens what it came from', async () => {
  const { account } = await market.stall(code);
  await open(`/ledger?kind=top_up&account=${account?.accountId}&sort=at`);
  const rows = page.getByTestId('ledger-row');
  await eventually(async () => expect(await rows.first().textContent()).toMatch(/充值.*\+¥88\.50.*001-00000001/s));
  const lines = (await exported(page, 'csv')).trim().split('\r\n');
  expect(lines).toHaveLength((await rows.count()) + 1);
  expect(lines[1]).toMatch(/,充值,.*,88\.50,/);
  await page.getByTestId('ledger-all').click();
  await eventually(async () => expect(new URL(page.url()).searchParams.get('account')).toBeNull());
  await rows.first().click();
  await page.waitForURL(({ pathname }) => pathname.startsWith('/receipts/'));
  await open('/ledger?kind=charge');
  await rows.first().waitFor();
  await rows.first().press('Enter');
  await page.getByTestId('proof-amount').waitFor();
});

test('a shift is counted note by note; a difference is only accepted with a word on it', async () => {
  await signIn(page, market, cashier);
  await open('/shifts');
  await page.getByTestId('shift-end').click();
  await page.locator('#count-10000').fill('3');
  await page.locator('#count-10000').blur();
  expect(await page.getByTestId('shift-counted').textContent()).toBe('¥300.00');
  expect(await page.getByTestId('shift-difference').count()).toBe(0);
  await page.getByTestId('shift-close').click();
  // Float 200, two cash sales of 200 and 10 of which none was taken back; the last sale, of 20, was.
  await page.getByTestId('shift-difference').waitFor();
  expect(await page.getByTestId('shift-difference').textContent()).toBe('−¥110.00');
  await page.getByTestId('shift-note').fill('找零差错');
  await page.getByTestId('shift-close').click();
  await page.getByTestId('shift-float').waitFor();
  await eventually(async () => expect(await prints()).toBe(1));
  expect(await page.locator('.print-root').textContent()).toMatch(
    /交班单.*应有现金.*¥410\.00.*实点现金.*¥300\.00.*找零差错/s,
  );
  const row = page.getByTestId('shifts-row').first();
  await eventually(async () => expect(await row.textContent()).toMatch(/−¥110\.00.*找零差错/s));
});

test('finance closes the day, its seal is shown, and the report and its table come to the same', async () => {
  await signIn(page, market, finance);
  await open('/shifts/days');
  await page.getByTestId('day-close').first().click();
  await page.getByTestId('day-close-go').click();
  await page.getByTestId('day-seal').first().waitFor({ state: 'attached' });
  expect(await page.getByTestId('day-seal').first().textContent()).toMatch(/^[0-9a-f]{64}$/);
  await open('/reports/sales?by=method');
  await page.getByTestId('sales-row').first().waitFor();
  // 88.50 by bank; 200, 10 and 20 in cash, of which 20 were given back.
  expect(await page.getByTestId('sales-net').textContent()).toBe('¥298.50');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('sales-csv').click()]);
  const path = join(downloads, 'sales.csv');
  await download.saveAs(path);
  expect(await readFile(path, 'utf8')).toMatch(/合计,4,318\.50,0,0\.00,0,0\.00,1,-20\.00,298\.50/);
});

test('a statement goes from opening to closing balance, and every line leads to its proof', async () => {
  const { account } = await market.stall(code);
  await open(`/accounts/${account?.accountId}/statement`);
  await page.getByTestId('statement-line').first().waitFor();
  const fenOf = async (name: string) => {
    const words = (await page.getByTestId(`statement-${name}`).textContent()) ?? '';
    return Number(words.replace('−', '-').replace(/[¥,.+\s]/g, ''));
  };
  expect((await fenOf('openingFen')) + (await fenOf('inFen')) + (await fenOf('outFen'))).toBe(
    await fenOf('closingFen'),
  );
  await page.getByTestId('statement-days').click();
  await page.getByTestId('statement-day').first().waitFor();
  await page.getByTestId('statement-lines').click();
  await page.getByTestId('statement-line').last().locator('a').click();
  await page.getByTestId('proof-amount').waitFor();
});

test('on a phone 360 pixels wide no page of the counter has to be scrolled sideways, in either language', async () => {
  const admin = market.server.firstAdmin;
  if (!admin) throw new Error('a new installation makes its first admin');
  await signIn(page, market, admin);
  await page.setViewportSize(PHONE);
  const [sale] = await receipts('001-00000001');
  const paths = [
    '/cashier',
    '/receipts',
    '/ledger',
    `/receipts/${sale?.txId}`,
    '/shifts',
    '/shifts/days',
    '/reports/sales',
    `/accounts/${sale?.accountId}/statement`,
  ];
  for (const lang of ['zh-CN', 'en'] as const) {
    await open('/shifts');
    await page.locator('main h1').first().waitFor();
    await speak(page, lang);
    for (const path of paths) {
      await open(path);
      await page.locator('main h1').first().waitFor();
      const wide = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
      expect([lang, path, wide]).toEqual([lang, path, 0]);
    }
  }
  await speak(page, 'zh-CN');
  await page.setViewportSize(DESKTOP);
  expect(complaints).toEqual([]);
});
