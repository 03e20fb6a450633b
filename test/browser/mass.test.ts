import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, startTestMarket, type TestMarket, withBalances } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { exported } from './exported.ts';
import { addOperator, firstAdmin, signIn } from './staff.ts';

let market: TestMarket;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 6,
    speed: 60,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 1_000_00),
  });
  browser = await openBrowser({ width: 1440, height: 900 });
  page = await browser.context.newPage();
  await eventually(async () => expect(new Set(await relays())).toEqual(new Set(['on'])));
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

/** What each electricity meter of the market says of its own relay. */
async function relays(): Promise<string[]> {
  const { stalls } = await market.api('grid', { params: { marketId: market.marketId } });
  return stalls.flatMap(({ meters }) =>
    meters.filter(({ kind }) => kind === 'electricity').map(({ switchState }) => switchState),
  );
}

/** Chooses every electricity meter, looks at the preview, and goes on to the last question. @returns how many are told */
async function choose(order: 'forced_off' | 'auto'): Promise<number> {
  await page.goto(`${market.server.httpUrl}/batch/new`);
  await page.getByTestId(`order-${order}`).click();
  await page.locator('.el-select', { hasText: '电表和水表' }).click();
  await page.getByRole('option', { name: '电表', exact: true }).click();
  await page.getByTestId('batch-preview').click();
  await page.getByTestId('preview-row').first().waitFor();
  const told = await page.locator('[data-testid="preview-row"]:not([data-skip])').count();
  await page.getByTestId('batch-next').click();
  await page.getByTestId('batch-reason').fill('母线检修');
  return told;
}

const stateCount = async (state: string) =>
  Number(/\d+/.exec((await page.getByTestId(`count-${state}`).textContent({ timeout: 30_000 })) ?? '')?.[0] ?? 0);

test('a list is cut by two persons, its relays read back as open, and auto brings them back; a cashier is refused', async () => {
  const manager = await addOperator(market, 'manager');
  await signIn(page, market, manager);
  const told = await choose('forced_off');
  expect(told).toBeGreaterThan(1);

  const start = page.getByTestId('batch-start');
  await page.getByTestId('batch-count').fill(String(told + 1));
  expect(await start.isDisabled()).toBe(true);
  await page.getByTestId('batch-count').fill(String(told));
  await start.click();
  await page.locator('[data-testid="batch-facts"][data-state="asked"]').waitFor();
  const batchUrl = page.url();
  expect(await stateCount('asked')).toBe(told);
  expect(new Set(await relays())).toEqual(new Set(['on']));

  await page.goto(`${market.server.httpUrl}/approvals`);
  await page.locator('[data-testid="approval"][data-kind="mass_cut"]').waitFor();
  expect(await page.getByTestId('approve').count()).toBe(0);
  await signIn(page, market, firstAdmin(market));
  await page.goto(`${market.server.httpUrl}/approvals`);
  await page.getByTestId('approve').click();
  await page.getByTestId('decide').click();
  await eventually(async () => {
    expect((await relays()).filter((state) => state === 'off')).toHaveLength(told);
  });

  await signIn(page, market, manager);
  await page.goto(batchUrl);
  await eventually(async () => expect(await stateCount('confirmed')).toBe(told));
  expect(await page.locator('[data-testid="batch-row-state"][data-state="confirmed"]').count()).toBe(told);
  const lines = (await exported(page, 'csv')).split('\r\n');
  expect(lines).toHaveLength((await page.getByTestId('batch-row').count()) + 2);

  expect(await choose('auto')).toBe(told);
  await start.click();
  await page.locator('[data-testid="batch-facts"][data-state="executed"]').waitFor();
  await eventually(async () => expect(await stateCount('confirmed')).toBe(told));
  expect(new Set(await relays())).toEqual(new Set(['on']));

  await signIn(page, market, await addOperator(market, 'cashier'));
  await page.goto(`${market.server.httpUrl}/batch?order=forced_off`);
  await eventually(async () => expect(await page.getByTestId('masses-row').allTextContents()).toHaveLength(1));
  expect(await page.getByTestId('new-batch').count()).toBe(0);
  const refused = await page.evaluate(async (marketId) => {
    const body = JSON.stringify({
      select: { filter: {} },
      override: 'forced_off',
      until: null,
      includeProtected: true,
    });
    const headers = { 'content-type': 'application/json' };
    const path = `/api/markets/${marketId}/mass-switches/preview`;
    return (await fetch(path, { method: 'POST', headers, body })).status;
  }, market.marketId);
  expect(refused).toBe(403);
});
