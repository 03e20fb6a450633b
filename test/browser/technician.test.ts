import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeWorkbook } from '../../apps/server/src/platform/workbook.ts';
import {
  eventually,
  expectProved,
  ordinaryStall,
  startTestMarket,
  type TestMarket,
  withBalances,
} from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { addOperator, type Credentials, signIn, speak } from './staff.ts';

const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };

let market: TestMarket;
let browser: Browser;
let page: Page;
let technician: Credentials;
let code: string;
let serial: string;
const errors: string[] = [];

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 8,
    speed: 60,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 1_000_00),
  });
  ({ code, electricity: serial } = ordinaryStall(market.site));
  technician = await addOperator(market, 'technician');
  browser = await openBrowser(DESKTOP);
  page = await browser.context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await eventually(async () => {
    const { summary } = await market.api('grid', { params: { marketId: market.marketId } });
    expect(summary).toMatchObject({ metersOnline: summary.meters, metersRead: summary.meters });
  });
});
beforeEach(async () => {
  await page.setViewportSize(DESKTOP);
  await signIn(page, market, technician);
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

const open = (path: string) => page.goto(`${market.server.httpUrl}${path}`);

async function meterIdOf(ofSerial: string): Promise<string> {
  const { meters } = await market.api('meters', { params: { marketId: market.marketId }, query: { text: ofSerial } });
  const meter = meters.find((one) => one.serial === ofSerial);
  if (!meter) throw new Error(`no meter ${ofSerial}`);
  return meter.meterId;
}

const PAGES = [
  '/meters',
  '/gateways',
  '/field',
  '/unclaimed',
  '/collector/sessions',
  '/collector/frames',
  '/collector/events',
  '/collector/sweep',
  '/collector/lost',
  '/collector/clocks',
];

test('on a phone 360 pixels wide no page of the technician has to be scrolled sideways, in either language', async () => {
  await page.setViewportSize(PHONE);
  const paths = [...PAGES, `/meters/${await meterIdOf(serial)}`, `/field?q=${serial}`];
  for (const lang of ['zh-CN', 'en'] as const) {
    await open('/meters');
    await page.getByTestId('meters-row').first().waitFor();
    await speak(page, lang);
    for (const path of paths) {
      await open(path);
      await page.locator('main h1').first().waitFor();
      const wide = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
      expect([lang, path, wide]).toEqual([lang, path, 0]);
    }
  }
  await speak(page, 'zh-CN');
});

test('a meter is found by its stall, read by hand, and its frames are shown in words', async () => {
  await open('/field');
  await page.getByTestId('field-search').fill(code);
  await page.getByTestId('field-look').click();
  await page.getByRole('button', { name: serial }).click();
  await page.getByTestId('read-now').click();
  await page.getByTestId('read-values').waitFor();
  expect(await page.getByTestId('read-values').textContent()).toMatch(/A 相电压2[0-9.]+ V/);
  const frame = page.getByTestId('frame-row').last();
  await frame.locator('summary').click();
  expect(await frame.textContent()).toMatch(/01 03 60 .*预付费实时数据块，[\d.]+ kWh，继电器闭合.*电压2\d\d\.\d V/s);
});

test('a list is searched, sorted and opened by keyboard, and its address leads back to the same rows', async () => {
  await open('/meters');
  await page.getByTestId('meters-row').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type(code);
  await eventually(async () => expect(await page.getByTestId('meters-row').count()).toBe(2));
  expect(new URL(page.url()).searchParams.get('q')).toBe(code);
  await page.reload();
  await eventually(async () => expect(await page.getByTestId('meters-row').count()).toBe(2));
  await page.getByTestId('meters-row').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByTestId('meter-replace').waitFor();
});

test('what goes over the wire appears by itself, and stands still when told to', async () => {
  await open('/collector/frames');
  await page.getByTestId('frames-row').first().waitFor();
  const first = () => page.getByTestId('frames-row').first().textContent();
  const before = await first();
  await market.api('readNow', { params: { marketId: market.marketId, meterId: await meterIdOf(serial) }, body: {} });
  await eventually(async () => expect(await first()).not.toBe(before));
  await page.getByTestId('frames-hold').click();
  expect(await page.getByTestId('frames-hold').getAttribute('aria-pressed')).toBe('true');
  await page.getByTestId('frames-row').first().focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('frame-facts').waitFor();
});

test('a meter is replaced: read, exchanged, and the books are proved', async () => {
  const next = '99887766554433';
  await open(`/meters/${await meterIdOf(serial)}`);
  await page.getByTestId('read-now').click();
  await page.getByTestId('read-values').waitFor();
  await page.getByTestId('meter-replace').click();
  await page.getByTestId('meter-serial').fill(next);
  await page.getByTestId('meter-link-key').fill('99001122334455');
  await page.getByTestId('start-register').fill('12.5');
  await page.getByTestId('replace-note').fill('显示屏损坏');
  await page.getByTestId('form-submit').click();
  await page.getByTestId('replacement-row').waitFor();
  expect(await page.getByTestId('replacement-row').textContent()).toMatch(new RegExp(`${serial}.*→.*${next}`));
  expect(await page.getByTestId('meter-reading-row').first().textContent()).toContain('12.500');
  const { meters } = await market.stall(code);
  expect(meters.map((meter) => meter.serial)).toContain(next);
  await eventually(async () => expectProved(await market.verify()));
});

test('a reading is typed with a picture, which can be looked at', async () => {
  const next = await meterIdOf('99887766554433');
  await open(`/meters/${next}`);
  await page.getByTestId('meter-manual').click();
  await page.getByTestId('manual-value').fill('12.6');
  await page
    .locator('input[type="file"]')
    .setInputFiles({ name: 'meter.png', mimeType: 'image/png', buffer: await page.screenshot() });
  await page.getByTestId('manual-note').fill('现场抄录');
  await page.getByRole('dialog').locator('img').waitFor();
  await page.getByTestId('form-submit').click();
  const row = page.getByTestId('meter-reading-row').first();
  await eventually(async () => expect(await row.textContent()).toMatch(/12\.600.*人工录入.*现场抄录/s));
  await row.getByRole('button', { name: '表计照片' }).click();
  await page.getByRole('dialog').locator('img').waitFor();
});

test('meters come in from Excel: good rows go in, and the wrong ones say why', async () => {
  const good = (n: number) => [`55500${n}`, '电', 'DDSY1352-NK', '1', 'acrel4g', `777700${n}`, '1'];
  const heading = ['表号', '类型', '型号', '变比', '通信方式', '网关或模块', '地址'];
  const rows = [heading, good(1), good(2), ['555003', '电', 'NO-SUCH-MODEL', '1', 'acrel4g', '7777003', '1'], good(4)];
  const sheet = { name: 'meters', headRows: 1, widths: heading.map(() => 16), rows };
  const buffer = Buffer.from(await writeWorkbook([sheet]));
  const mimeType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  await open('/meters');
  await page.getByTestId('import-meters').click();
  await page.getByTestId('import-file').setInputFiles({ name: 'meters.xlsx', mimeType, buffer });
  await page.getByTestId('import-result').waitFor();
  const dialog = page.getByRole('dialog');
  expect(await dialog.textContent()).toMatch(/可导入 3 行.*有错 1 行.*没有这种型号/s);
  await page.getByTestId('import-go').click();
  await eventually(async () => expect(await dialog.textContent()).toContain('已导入 3 行'));
  const { total } = await market.api('meters', { params: { marketId: market.marketId }, query: { text: '55500' } });
  expect(total).toBe(3);
});

test('a cashier has neither the collector nor the technician’s page, and no page had an error', async () => {
  await signIn(page, market, await addOperator(market, 'cashier'));
  const links = await page.locator('nav a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  expect(links).toContain('/meters');
  expect(links.filter((link) => link === '/collector' || link === '/field')).toEqual([]);
  await open('/meters');
  await page.getByTestId('meters-row').first().waitFor();
  expect(await page.getByTestId('new-meter').count()).toBe(0);
  expect(errors).toEqual([]);
});
