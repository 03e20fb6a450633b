import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, ordinaryStall, startTestMarket, type TestMarket, withBalances } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { addOperator, cardOf, firstAdmin, openStall, signIn, speak } from './staff.ts';

const PHONES = [
  { width: 390, height: 844 },
  { width: 360, height: 740 },
];
const DESKTOP = { width: 1440, height: 900 };
const TOP_UP_FEN = 300_00;
const MAX_TABS = 40;

let market: TestMarket;
let browser: Browser;
let page: Page;
let code: string;
let electricity: string;
let water: string;

/** One market for all: a relay that is stuck, a water meter whose register fell back, and everything else in order. */
beforeAll(async () => {
  market = await startTestMarket({
    stalls: 8,
    speed: 240,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 1_000_00),
  });
  ({ code, electricity, water } = ordinaryStall(market.site));
  browser = await openBrowser(DESKTOP);
  page = await browser.context.newPage();
  await eventually(async () => {
    const { meters } = await market.stall(code);
    expect(meters.map((meter) => [meter.switchState, meter.lastReading?.quality])).toEqual(
      meters.map(() => ['on', 'good']),
    );
  });
  market.simulator.water(water).forceDecrease();
  market.simulator.water(water).wakeNow();
  await stickRelay();
  await eventually(async () => {
    expect(await holds()).toMatchObject({ total: 1 });
  });
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

const holds = () => market.api('holds', { params: { marketId: market.marketId }, query: {} });

/** Lets the relay stick, orders it off, and waits until the server has given it up. */
async function stickRelay(): Promise<void> {
  const relay = market.simulator.electricity(electricity);
  const meterNow = async () => {
    const { meters } = await market.stall(code);
    const meter = meters.find(({ serial }) => serial === electricity);
    if (!meter) throw new Error(`${code} has lost its meter`);
    return meter;
  };
  relay.stuck = true;
  await market.override((await meterNow()).meterId, 'forced_off');
  let attempts = 0;
  await eventually(async () => {
    const command = (await meterNow()).commands[0];
    // A new connection begins with a read-back at once: this spares the test the pauses before the next ones.
    if (command && command.attempts > attempts) {
      attempts = command.attempts;
      relay.disconnect();
      relay.reconnect();
    }
    expect(command?.state).toBe('failed');
  });
}

/** How far an element can be scrolled sideways, in pixels. */
const sideways = (selector: string) =>
  page.locator(selector).evaluate((element) => element.scrollWidth - element.clientWidth);

const press = async (...keys: readonly string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

/** Tab, until the focus is on what is meant. */
async function tabTo(selector: string): Promise<void> {
  for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
    if (await page.locator(`${selector}:focus`).count()) return;
    await press('Tab');
  }
  throw new Error(`${selector} is not in the order of the Tab key`);
}

test.each(PHONES)(
  'on a phone $width pixels wide nothing has to be scrolled sideways, in either language',
  async (phone) => {
    await page.setViewportSize(phone);
    await signIn(page, market, firstAdmin(market));
    for (const lang of ['zh-CN', 'en'] as const) {
      await page.goto(`${market.server.httpUrl}/stalls`);
      await cardOf(page, code).waitFor();
      await speak(page, lang);
      expect([lang, 'grid', await sideways('html')]).toEqual([lang, 'grid', 0]);
      await openStall(page, code);
      expect([lang, 'stall', await sideways('html'), await sideways('.panel')]).toEqual([lang, 'stall', 0, 0]);
      expect(await page.locator('nav').isVisible()).toBe(false);
      await page.goto(`${market.server.httpUrl}/exceptions/holds`);
      await page.getByTestId('holds-row').waitFor();
      expect([lang, 'lists', await sideways('html')]).toEqual([lang, 'lists', 0]);
    }
    await speak(page, 'zh-CN');
    await page.setViewportSize(DESKTOP);
  },
);

test('theme and language are as they were chosen after a reload', async () => {
  await signIn(page, market, firstAdmin(market));
  await page.locator('html[lang="zh-CN"]:not(.dark)').waitFor({ state: 'attached' });
  await page.getByTestId('theme').click();
  await speak(page, 'en');
  await page.reload();
  await cardOf(page, code).waitFor();
  expect(await page.locator('html[lang="en"].dark').count()).toBe(1);
  await page.getByTestId('theme').click();
  await speak(page, 'zh-CN');
  await page.reload();
  await cardOf(page, code).waitFor();
  expect(await page.locator('html[lang="zh-CN"]:not(.dark)').count()).toBe(1);
});

test.each([
  { role: 'admin', sees: ['topup-open', 'override-forced_off', 'hold-reject', 'unclaimed'] },
  { role: 'cashier', sees: ['topup-open'] },
  { role: 'auditor', sees: ['unclaimed'] },
] as const)('$role sees the buttons of that role, and no other', async ({ role, sees }) => {
  const who = role === 'admin' ? firstAdmin(market) : await addOperator(market, role);
  await signIn(page, market, who);
  await openStall(page, code);
  const seen: string[] = [];
  const look = async (name: string, selector: string) => {
    if (await page.locator(selector).count()) seen.push(name);
  };
  await look('topup-open', '[data-testid="topup-open"]');
  await look('override-forced_off', '[data-testid="override-forced_off"]');
  await press('Escape');
  await page.locator('nav a[href="/exceptions"]').click();
  await page.locator('.tabs a[href="/exceptions/holds"]').click();
  await page.getByTestId('holds-row').waitFor();
  await look('hold-reject', '[data-testid="hold-reject"]');
  await look('unclaimed', 'nav a[href="/unclaimed"]');
  expect(seen).toEqual(sees);
});

test('a stuck relay is on the list, with what was wanted and what it says, in both languages', async () => {
  await signIn(page, market, firstAdmin(market));
  await page.locator('nav a[href="/exceptions"]').click();
  const row = page.getByTestId('exceptions-row');
  await row.waitFor();
  expect(await row.textContent()).toMatch(/分合闸未确认.*目标分闸，发送 \d+ 次后回读仍为合闸/);
  await speak(page, 'en');
  expect(await row.textContent()).toMatch(/Switch not confirmed.*Wanted: Off\. Still reads back On after \d+ writes/);
  await speak(page, 'zh-CN');
});

test('a suspect reading is rejected with a note, and its hold is gone', async () => {
  await signIn(page, market, firstAdmin(market));
  await page.goto(`${market.server.httpUrl}/exceptions/holds`);
  const row = page.getByTestId('holds-row');
  await row.waitFor();
  expect(await row.textContent()).toContain('读数倒走');
  expect(await page.getByTestId('hold-accept').count()).toBe(0);
  await page.getByTestId('hold-reject').click();
  await page.getByTestId('reason-confirm').click();
  await page.getByRole('alert').waitFor();
  await page.getByTestId('reason-input').fill('现场核对，表计通信错误');
  await page.getByTestId('reason-confirm').click();
  await row.waitFor({ state: 'detached' });
  expect(await holds()).toMatchObject({ total: 0 });
});

test('without a mouse: sign in, find a stall, top it up, and be back on its card', async () => {
  await page.context().clearCookies();
  await page.goto(`${market.server.httpUrl}/stalls`);
  await page.locator('[data-testid="login"]:focus').waitFor();
  const { login, password } = firstAdmin(market);
  await page.keyboard.type(login);
  await press('Tab');
  await page.keyboard.type(password);
  await press('Enter');
  await cardOf(page, code).waitFor();
  const codes = await page.getByTestId('stall-card').evaluateAll((all) => all.map((one) => one.dataset['stallCode']));

  await tabTo('.skip');
  await press('Enter');
  await tabTo('[data-testid="stall-card"]');
  expect(await page.locator(':focus').getAttribute('data-stall-code')).toBe(codes[0]);
  await press('End', 'ArrowLeft', 'Home', ...Array<string>(codes.indexOf(code)).fill('ArrowRight'));
  expect(await page.locator(':focus').getAttribute('data-stall-code')).toBe(code);

  await press('Enter');
  await page.getByTestId('balance').waitFor();
  const before = (await market.stall(code)).account?.purses.find((purse) => purse.kind === 'utility')?.balanceFen ?? 0;
  await tabTo('[data-testid="topup-open"]');
  await press('Enter');
  await page.locator('[data-testid="topup-amount"]:focus').waitFor();
  await page.keyboard.type(String(TOP_UP_FEN / 100));
  await press('Enter');
  await page.locator('[data-testid="topup-done"]:focus').waitFor();
  await press('Enter');
  await page.getByTestId('topup-done').waitFor({ state: 'detached' });
  await page.locator('[data-testid="topup-open"]:focus').waitFor();
  await press('Escape');
  await page.locator(`[data-stall-code="${code}"]:focus`).waitFor();
  const { ledger, account } = await market.stall(code);
  expect(ledger.filter((line) => line.kind === 'top_up').map((line) => line.amountFen)).toEqual([TOP_UP_FEN]);
  expect(account?.purses.find((purse) => purse.kind === 'utility')?.balanceFen).toBeGreaterThan(before);
});

test('a refund in cash is asked for by the cashier and paid once somebody else agrees', async () => {
  const balance = async () => Number(await page.getByTestId('balance').getAttribute('data-fen'));
  await signIn(page, market, await addOperator(market, 'cashier'));
  await openStall(page, code);
  await page.getByTestId('refund-open').click();
  await page.getByTestId('refund-amount').fill('12.50');
  await page.getByTestId('refund-reason').fill('商户退租');
  await page.getByTestId('refund-ask').click();
  await page.getByTestId('refund-ask').waitFor({ state: 'detached' });
  await page.goto(`${market.server.httpUrl}/approvals`);
  const request = page.getByTestId('approval');
  await request.waitFor();
  expect(await request.textContent()).toMatch(/现金退费.*待审批.*¥12\.50.*商户退租/s);
  expect(await page.getByTestId('approve').count()).toBe(0);

  await signIn(page, market, await addOperator(market, 'finance'));
  await openStall(page, code);
  const before = await balance();
  await page.locator('nav a[href="/approvals"]').click();
  await page.getByTestId('approve').click();
  await page.getByTestId('decide').click();
  await request.waitFor({ state: 'detached' });
  await page.locator('a[href="/approvals/decided"]').click();
  const decided = page.getByTestId('approvals-row');
  await decided.waitFor();
  expect(await decided.textContent()).toMatch(/现金退费.*¥12\.50.*已同意.*商户退租/s);
  await decided.press('Enter');
  await page.getByRole('dialog').getByTestId('approval').waitFor();
  await page.goto(`${market.server.httpUrl}/stalls`);
  await openStall(page, code);
  await eventually(async () => expect(before - (await balance())).toBeGreaterThanOrEqual(12_50));
});

test('a charge opens to its proof: both readings with their bytes, and a sum that comes to what was taken', async () => {
  await signIn(page, market, await addOperator(market, 'auditor'));
  await openStall(page, code);
  // By its name: newer lines come in above it at any moment.
  const charges = page.locator('[data-testid="ledger-line"][data-kind="charge"]');
  const newest = charges.filter({ hasText: 'kWh' }).first();
  const line = page.locator(`[data-tx-id="${await newest.getAttribute('data-tx-id')}"]`);
  const taken = await line.locator('.amount').textContent();
  await line.locator('summary').click();
  await line.getByTestId('proof-open').click();
  expect(await page.getByTestId('proof-amount').textContent()).toBe(taken);
  const proof = page.locator('main');
  expect(await proof.textContent()).toMatch(/起码.*kWh.*止码.*kWh.*用量 = .* − .* = /s);
  expect(await page.getByTestId('proof-rounding').textContent()).toContain(taken?.replace('−', ''));
  await page.locator('details.frame summary').first().click();
  expect(await page.locator('details.frame code').first().textContent()).toMatch(/^([0-9A-F]{2} )+/);
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('header.bar').isVisible()).toBe(false);
  await page.emulateMedia({ media: 'screen' });
});

test('an emergency cut takes the whole site off once its name is typed, and supply comes back when it is lifted', async () => {
  const states = async () => {
    const { meters } = await market.stall(code);
    return meters
      .filter(({ kind }) => kind === 'electricity')
      .map(({ switchState, wantedReason }) => `${switchState} ${wantedReason}`);
  };
  const { markets } = await market.api('markets', {});
  const name = markets[0]?.name ?? '';
  const confirm = async (button: string, typed: string) => {
    await page.getByTestId(button).click();
    await page.getByTestId('emergency-confirmation').fill(typed);
    await page.getByTestId('reason-input').fill('二号厅起火');
    await page.getByTestId('reason-confirm').click();
  };
  market.simulator.electricity(electricity).stuck = false;
  const { meters } = await market.stall(code);
  await market.override(meters.find(({ kind }) => kind === 'electricity')?.meterId ?? '', 'auto');
  await signIn(page, market, await addOperator(market, 'manager'));
  await page.locator('nav a[href="/emergency"]').click();
  await confirm('emergency-cut', '别的市场');
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await page.getByTestId('emergency-confirmation').fill(name);
  await page.getByTestId('reason-confirm').click();
  await page.getByTestId('emergency-on').waitFor();
  await eventually(async () => expect(await states()).toEqual(['off safety_lockout']));
  await page.reload();
  await page.locator('.banner').waitFor();
  await confirm('emergency-restore', name);
  await page.getByTestId('emergency-off').waitFor();
  await eventually(async () => expect(await states()).toEqual(['on balance_available']));
});
