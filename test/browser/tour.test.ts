import { afterAll, beforeAll, expect, test } from 'vitest';
import { openprepay } from '../system/program.ts';
import { eventually } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import * as tour from './tour-steps.ts';

/* What the README promises a newcomer, from nothing to a meter that is cut and restored. */

const nothing = async () => {};
let place: tour.EmptyPlace;
let browser: Browser;
let page: Awaited<ReturnType<Browser['context']['newPage']>>;
const complaints: string[] = [];

beforeAll(async () => {
  place = await tour.startEmpty();
  browser = await openBrowser({ width: 1280, height: 900 });
  page = await browser.context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterAll(async () => {
  await browser?.close();
  await place?.stop();
});

test('an empty installation opens with the wizard, not with an empty page', async () => {
  await tour.begin(page, place, nothing);
  expect(new URL(page.url()).pathname).toBe('/welcome');
});

test('a market, its building and its first stalls are typed; a reload goes on where it was', async () => {
  await tour.makeMarket(page, { market: '东门农贸市场', building: '一号楼' });
  await page.reload();
  await page.locator('[data-step="meter"][data-state="next"]').waitFor();
  expect(await page.locator('[data-state="done"]').count()).toBe(3);
});

test('left and resumed: the console is there meanwhile, and leads back', async () => {
  await page.getByTestId('welcome-leave').click();
  await page.getByTestId('stall-card').first().waitFor();
  expect(await page.getByTestId('stall-card').count()).toBe(3);
  await page.goto(place.program.httpUrl);
  await page.getByTestId('go-on').click();
  await page.locator('[data-step="meter"][data-state="next"]').waitFor();
});

test('the first meter calls in, is claimed for its stall, and is read', async () => {
  await tour.claimMeter(page, place, nothing);
});

test('the first price is published by one person, for nobody pays it yet', async () => {
  await tour.setPrice(page, nothing);
});

test('an account is opened and paid for, and supply is on by the meter’s own word', async () => {
  await tour.openAccount(page, { customer: '李记蔬菜', reason: '新租户' }, nothing);
  await tour.firstTopUp(page, nothing);
});

test('what is done is never shown again', async () => {
  await page.goto(place.program.httpUrl);
  await page.getByTestId('overview').waitFor();
  await eventually(async () => expect(await page.locator('[data-figure="topUps"]').textContent()).toContain('¥100.00'));
  expect(await page.getByTestId('go-on').count()).toBe(0);
});

test('the meter is cut and restored, and the books are whole', async () => {
  await tour.cutAndRestore(page, place, '巡检演示', nothing);
  const { code, out } = await openprepay('verify', '--data', place.dataDir, '--json');
  expect([code, out]).toEqual([0, expect.anything()]);
  expect(complaints).toEqual([]);
});
