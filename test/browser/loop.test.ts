import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ordinaryStall, startTestMarket, type TestMarket } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { speak } from './staff.ts';

const WAIT = { timeout: 120_000 };
const PLENTY_FEN = 100_000_00;
let market: TestMarket;
let browser: Browser;
let page: Page;
let code: string;
let electricity: string;
const complaints: string[] = [];
/** What each script weighs on its way. */
const scriptBytes: Promise<number>[] = [];
const FIRST_SCREEN_BYTES = 200_000;

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 16,
    speed: 240,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => {
      const poor = ordinaryStall(site).code;
      return {
        ...site,
        accounts: site.accounts.map((account) => ({
          ...account,
          openingBalanceFen: account.stalls.includes(poor) ? 150 : PLENTY_FEN,
        })),
      };
    },
  });
  ({ code, electricity } = ordinaryStall(market.site));
  browser = await openBrowser({ width: 1440, height: 900 });
  page = await browser.context.newPage();
  page.on('response', (response) => {
    if (response.url().endsWith('.js')) scriptBytes.push(response.body().then((body) => gzipSync(body).length));
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
  });
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

const card = () => page.locator(`[data-testid="stall-card"][data-stall-code="${code}"]`);
const switchOf = (kind: string, state: string) =>
  page.locator(`[data-testid="meter-switch-state"][data-kind="${kind}"][data-state="${state}"]`);
const sectionOf = (kind: string) => page.locator(`[data-testid="meter-section"][data-kind="${kind}"]`);

async function override(to: 'auto' | 'forced_on' | 'forced_off'): Promise<void> {
  await sectionOf('electricity').getByTestId(`override-${to}`).click();
  await page.getByTestId('reason-input').fill('现场核对');
  await page.getByTestId('reason-confirm').click();
  await page.getByTestId('reason-input').waitFor({ state: 'hidden' });
}

test('nobody sees a stall without signing in', async () => {
  await page.goto(market.server.httpUrl);
  await page.getByTestId('login').waitFor();
  expect(await page.getByTestId('stall-card').count()).toBe(0);
});

test('a wrong password is refused in words', async () => {
  await page.getByTestId('login').fill('admin');
  await page.getByTestId('password').fill('not the password');
  await page.getByTestId('submit').click();
  await page.getByRole('alert').first().waitFor();
});

test('after signing in, the overview is there with no more script than a first screen may weigh, then every stall', async () => {
  await page.getByTestId('login').fill(market.server.firstAdmin?.login ?? '');
  await page.getByTestId('password').fill(market.server.firstAdmin?.password ?? '');
  await page.getByTestId('submit').click();
  await page.getByTestId('overview').waitFor();
  const weights = await Promise.all(scriptBytes);
  expect(weights.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(FIRST_SCREEN_BYTES);
  await page.locator('nav a[href="/stalls"]').first().click();
  await card().waitFor();
  expect(await page.getByTestId('stall-card').count()).toBe(market.site.stalls.length);
});

test('a balance runs out: the card says so, the notice is on record, relay and valve are off by read-back', async () => {
  market.simulator.electricity(electricity).setLoad(4_000);
  await page.locator(`[data-testid="stall-card"][data-stall-code="${code}"][data-state="arrears_cut"]`).waitFor(WAIT);
  await card().click();
  await switchOf('electricity', 'off').waitFor(WAIT);
  await switchOf('water', 'off').waitFor(WAIT);
  await page
    .locator('[data-testid="notice-row"][data-stage="final"]')
    .first()
    .waitFor({ state: 'attached', ...WAIT });
});

test('forced on restores supply in spite of the balance, and auto cuts it again', async () => {
  market.simulator.electricity(electricity).setLoad(0);
  await override('forced_on');
  await switchOf('electricity', 'on').waitFor(WAIT);
  await override('auto');
  await switchOf('electricity', 'off').waitFor(WAIT);
});

test('with forced off a top-up does not restore supply; back to auto it does', async () => {
  await override('forced_off');
  await page.getByTestId('topup-open').first().click();
  await page
    .getByTestId('topup-amount')
    .locator('input')
    .or(page.locator('input[data-testid="topup-amount"]'))
    .first()
    .fill('300');
  await page.getByTestId('topup-submit').click();
  await switchOf('water', 'on').waitFor(WAIT);
  expect(await switchOf('electricity', 'off').count()).toBe(1);
  expect(market.simulator.electricity(electricity).relay).toBe('off');
  await page.keyboard.press('Escape');
  await override('auto');
  await switchOf('electricity', 'on').waitFor(WAIT);
  await sectionOf('electricity')
    .locator('[data-testid="command-row"][data-state="confirmed"]')
    .first()
    .waitFor({ state: 'attached', ...WAIT });
});

test('in English the console is English', async () => {
  await speak(page, 'en');
  // What the market itself named is not the console's to translate.
  const words = await page.evaluate<string>(`(() => {
    const page = document.body.cloneNode(true);
    for (const name of page.querySelectorAll('[translate="no"], [lang]')) name.remove();
    return page.textContent;
  })()`);
  expect(words).not.toMatch(/\p{Script=Han}/u);
});

test('the browser had nothing to complain about', () => {
  expect(complaints).toEqual([]);
});
