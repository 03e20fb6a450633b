import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestMarket, type TestMarket } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { cardOf, firstAdmin, signIn } from './staff.ts';

const STALLS = 2_000;
const codeOf = (index: number) => `Z-${String(index).padStart(4, '0')}`;
let market: TestMarket;
let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 8,
    speed: 60,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
  });
  await market.db.query(
    `with hall as (
       insert into building (market_id, building_id, name, reading_interval_s)
       values ($1, gen_random_uuid(), 'Z', 86400)
       returning building_id
     )
     insert into stall (market_id, stall_id, building_id, code, stall_type)
     select $1, gen_random_uuid(), building_id, code, 'meat' from hall, unnest($2::text[]) as t (code)`,
    [market.marketId, Array.from({ length: STALLS }, (_, index) => codeOf(index))],
  );
  browser = await openBrowser({ width: 1440, height: 900 });
  page = await browser.context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await signIn(page, market, firstAdmin(market));
  await page.goto(`${market.server.httpUrl}/stalls`);
  await page.getByTestId('stall-card').first().waitFor();
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

const cards = () => page.getByTestId('stall-card');
const focused = (code: string) => page.locator(`[data-stall-code="${code}"]:focus`);
/** Of the places down the middle of the screen, those where neither card, gap nor heading is. */
const blanks = () =>
  page.evaluate<number>(
    `[...Array(innerHeight).keys()].filter((y) => document.elementFromPoint(700, y)?.matches('.cards > .blank')).length`,
  );

test('of thousands of stalls the cards near the screen are there, wherever the page is scrolled to', async () => {
  expect(await cards().count()).toBeLessThan(200);
  const middle = await page.evaluate<number>('document.documentElement.scrollHeight / 2');
  expect(middle).toBeGreaterThan(10_000);
  await page.evaluate(`scrollTo(0, ${middle})`);
  await expect.poll(blanks).toBe(0);
  expect(await cards().count()).toBeLessThan(200);
});

test('the keys lead over all of them, and a panel gives the focus back to its card', async () => {
  await cards().first().focus();
  await page.keyboard.press('End');
  await focused(codeOf(STALLS - 1)).waitFor();
  await page.keyboard.press('ArrowLeft');
  await focused(codeOf(STALLS - 2)).waitFor();
  await page.evaluate('scrollTo(0, 0)');
  await expect.poll(blanks).toBe(0);
  await page.keyboard.press('Enter');
  await page.locator('.panel').waitFor();
  await page.keyboard.press('Escape');
  await focused(codeOf(STALLS - 2)).waitFor();
});

test('all are searched, also those that are not drawn', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('z 1234');
  await cardOf(page, codeOf(1_234)).waitFor();
  expect(await cards().count()).toBe(1);
  expect(errors).toEqual([]);
});
