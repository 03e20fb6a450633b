import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, startTestMarket, type TestMarket } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { addOperator, firstAdmin, signIn } from './staff.ts';

let market: TestMarket;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const consoleDir = join(import.meta.dirname, '../../apps/console/dist');
  market = await startTestMarket({ stalls: 240, speed: 60, consoleDir });
  browser = await openBrowser({ width: 1920, height: 1080 });
  page = await browser.context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

test.each([
  [1920, 1080],
  [3840, 2160],
])('a wall of %i by %i shows every stall without scrolling, dark, and grows with the screen', async (width, height) => {
  await page.setViewportSize({ width, height });
  await signIn(page, market, firstAdmin(market));
  await page.getByTestId('open-wall').click();
  const tiles = page.locator('[data-testid="wall"] [data-state][title]');
  await tiles.first().waitFor();
  await eventually(async () => expect(await tiles.count()).toBe(market.site.stalls.length));
  const seen = await tiles.evaluateAll(
    (all, [right, bottom]) =>
      all.filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width > 0 && box.top >= 0 && box.left >= 0 && box.right <= right && box.bottom <= bottom;
      }).length,
    [width, height] as const,
  );
  expect(seen).toBe(market.site.stalls.length);
  expect(await page.locator('html.dark').count()).toBe(1);
  expect(await page.locator('html').evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)).toBe(0);
});

test('what waits is counted on the overview, and its count leads to the list of it', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  const known = market.site.stalls.find(({ meters }) => meters.some(({ kind }) => kind === 'electricity'));
  const serial = known?.meters.find(({ kind }) => kind === 'electricity')?.serial ?? '';
  await eventually(async () => expect((await market.stall(known?.code ?? '')).meters[0]?.lastReading).toBeTruthy());
  market.simulator.electricity(serial).forceDecrease();
  await page.goto(`${market.server.httpUrl}/home`);
  await page.locator('[data-todo="holds"]').click({ timeout: 120_000 });
  await page.getByTestId('holds-row').first().waitFor();
});

test('an auditor’s wall keeps its session, and says nothing of its end', async () => {
  await signIn(page, market, await addOperator(market, 'auditor'));
  const kept = page.waitForResponse((response) => response.url().endsWith('/api/me/sessions/kept'));
  await page.goto(`${market.server.httpUrl}/wall`);
  expect((await kept).status()).toBe(200);
  await page.getByTestId('wall').waitFor();
  expect(await page.locator('[data-testid="wall"] .hint').count()).toBe(0);
});
