import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestMarket, type TestMarket, withBalances } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { addOperator, signIn } from './staff.ts';

const DAY_MS = 86_400_000;
let market: TestMarket;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 8,
    speed: 1,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 1_000_00),
  });
  await chargeLastMonth();
  browser = await openBrowser({ width: 1440, height: 900 });
  page = await browser.context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

/** What every electricity meter used in the month before, 10 kWh by day and 5 by night, charged at 1 yuan. */
async function chargeLastMonth(): Promise<void> {
  const now = new Date();
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 10));
  for (const [index, hours] of [0, 12, 24].entries()) {
    await market.db.query(
      `insert into reading (market_id, meter_id, read_at, received_at, origin, total, quality)
       select market_id, meter_id, $2, $2, 'scheduled', $3, 'good' from meter where market_id = $1 and kind = 'electricity'`,
      [market.marketId, new Date(first.getTime() + (hours / 24) * DAY_MS), [0, 10_000, 15_000][index]],
    );
  }
  await market.db.query(
    `insert into charge (market_id, charge_id, meter_id, account_id, stall_id, from_at, to_at, from_value, to_value, plan_id,
                         plan_version, billing_period, period_from, use_before, intervals, uses, exact_before_nano_yuan,
                         exact_after_nano_yuan, amount_fen, created_at)
     select $1, gen_random_uuid(), meter.meter_id, tenancy.account_id, tenancy.stall_id, $2, $3, 0, 15000, plan.plan_id, 1,
            'tenure', $2, 0, 2, '[]', 0, 0, 0, $3
     from meter
     join meter_binding binding on binding.market_id = $1 and binding.meter_id = meter.meter_id
     join tenancy on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id
     join price_plan plan on plan.market_id = $1 and plan.kind = 'electricity' and plan.market_default
     where meter.market_id = $1 and meter.kind = 'electricity'`,
    [market.marketId, first, new Date(first.getTime() + DAY_MS)],
  );
}

test('a plan with times of use is drawn, tried on a past month, asked for, and published by a second person', async () => {
  const finance = await addOperator(market, 'finance');
  const manager = await addOperator(market, 'manager');
  await signIn(page, market, finance);
  await page.goto(`${market.server.httpUrl}/prices`);
  await page.getByTestId('plan-new').click();
  await page.getByTestId('plan-name').fill('冷库分时');
  await page.getByTestId('plan-price').fill('0.9');
  await page.getByTestId('plan-make').click();
  await page.getByTestId('rule-kind').locator('label', { hasText: '分时' }).first().click();
  await page.getByTestId('rule-problem').waitFor();
  for (const [row, price] of [
    ['peak', '1.2'],
    ['flat', '0.8'],
    ['valley', '0.4'],
  ]) {
    await page.getByTestId(`price-0-${row}-0`).fill(price ?? '');
  }
  await page.getByTestId('preview-total').waitFor();
  const border = page.getByTestId('day-border').first();
  await border.focus();
  await page.keyboard.press('ArrowLeft');
  expect(await border.getAttribute('aria-valuetext')).toBe('07:30');
  expect(await page.getByTestId('draft-publish').isDisabled()).toBe(true);
  await page.getByTestId('draft-save').click();
  await expect.poll(() => page.getByTestId('draft-publish').isEnabled()).toBe(true);

  await page.getByTestId('shadow-run').click();
  await page.getByTestId('shadow-row').first().waitFor();
  expect(await page.getByTestId('shadow-row').count()).toBeGreaterThan(0);

  await page.getByTestId('draft-publish').click();
  await page.getByTestId('publish-reason').fill('新的分时电价');
  await page.getByTestId('publish-ask').click();
  await page.getByTestId('submitted').waitFor();
  const planUrl = page.url();

  await signIn(page, market, manager);
  await page.goto(`${market.server.httpUrl}/approvals`);
  const asked = page.getByTestId('approval');
  await asked.waitFor();
  expect(await asked.innerText()).toContain('冷库分时');
  await page.getByTestId('approve').click();
  await page.getByTestId('decide').click();
  await page.goto(planUrl);
  await page.getByTestId('version').waitFor();
  expect(await page.getByTestId('version').count()).toBe(1);
});
