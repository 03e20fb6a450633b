import { join } from 'node:path';
import { signatureOf } from '@openprepay/protocols/onenet';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, startTestMarket, type TestMarket, withBalances } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { addOperator, type Credentials, firstAdmin, signIn, speak } from './staff.ts';

let market: TestMarket;
let browser: Browser;
let page: Page;
let manager: Credentials;
let cashier: Credentials;

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 4,
    speed: 600,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 30_00),
  });
  manager = await addOperator(market, 'manager');
  cashier = await addOperator(market, 'cashier');
  browser = await openBrowser({ width: 1440, height: 900 });
  page = await browser.context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

const open = (path: string) => page.goto(`${market.server.httpUrl}${path}`);
const params = () => ({ marketId: market.marketId });

test('a manager sets what holds for the market, with a reason and in the audit; the counter says it before it is typed wrong', async () => {
  const before = await market.api('marketTerms', { params: params() });
  await signIn(page, market, manager);
  await open('/settings');
  await page.getByTestId('terms-minimum').fill('0');
  await page.getByText('要大于 0').waitFor();
  await page.getByTestId('terms-minimum').fill('10');
  await page.getByTestId('terms-deposit').fill('300');
  expect(await page.getByTestId('save-terms').isDisabled()).toBe(true);
  await page.getByTestId('account-reason').fill('新的收费办法');
  await page.getByTestId('save-terms').click();
  const after = { ...before, topUpMinimumFen: 10_00, depositFen: 300_00 };
  await eventually(async () => expect(await market.api('marketTerms', { params: params() })).toEqual(after));
  await page.getByTestId('provisional-on').click();
  await page.getByTestId('provisional-hours').fill('48');
  await page.getByTestId('save-provisional').click();
  await eventually(async () =>
    expect(await market.api('provisionalRule', { params: params() })).toEqual({ afterS: 172_800 }),
  );
  const { entries } = await market.api('audit', { params: params(), query: {} });
  const set = entries.find(({ action }) => action === 'accounts.set_terms');
  expect(set).toMatchObject({ reason: '新的收费办法', before, after });

  await signIn(page, market, cashier);
  await open('/settings');
  expect(await page.getByTestId('terms-minimum').isDisabled()).toBe(true);
  expect(await page.getByTestId('save-terms').count()).toBe(0);
  const [account] = (await market.api('accounts', { params: params(), query: { state: 'open' } })).accounts;
  await open(`/accounts/${account?.accountId}`);
  await page.getByTestId('account-topUp').click();
  await eventually(async () =>
    expect(await page.getByTestId('top-up-limits').innerText()).toContain('10.00 至 100,000.00'),
  );
});

test('the alarm ladder, friendly hours and the name stand in the same place, and each leads to who changed it', async () => {
  await signIn(page, market, manager);
  await open('/switching');
  await page.waitForURL(/\/settings#ladder$/);
  await page.getByTestId('alarm-2').fill('6');
  await page.getByTestId('save-ladder').click();
  const ladder = () => market.api('alarmLadder', { params: params() });
  await eventually(async () => expect(await ladder()).toMatchObject({ alarm2Fen: 6_00 }));
  await page.getByTestId('index-hours').click();
  await page.waitForURL(/#hours$/);
  await page.getByTestId('add-hours').click();
  await page.getByTestId('hours-from').fill('25:00');
  expect(await page.getByTestId('form-submit').isDisabled()).toBe(true);
  await page.getByTestId('hours-from').fill('22:30');
  await page.getByTestId('form-submit').click();
  await page.getByTestId('hours-row').getByText('22:30–06:00').waitFor();
  await page.getByTestId('market-name').fill('东门农贸市场');
  await page.getByTestId('save-market').click();
  await page.locator('header').getByText('东门农贸市场').waitFor();
  await page.locator('#ladder').getByRole('link').click();
  await page.getByTestId('audit-row').first().click();
  const drawer = page.getByRole('dialog');
  expect(await drawer.innerText()).toMatch(/alarm2Fen.*600/s);
});

test('a building is entered, and another one renamed and settled by the day', async () => {
  await signIn(page, market, manager);
  await open('/buildings');
  await page.waitForURL(/\/settings#buildings$/);
  await page.getByTestId('new-building').click();
  await page.getByTestId('building-name').fill('六号楼');
  await page.getByTestId('building-minutes').fill('15');
  await page.getByTestId('save-building').click();
  const row = page.getByTestId('building-row').filter({ hasText: '六号楼' });
  await row.waitFor();
  await row.getByTestId('edit-building').click();
  await page.getByTestId('building-name').fill('六号楼 熟食');
  await page.getByTestId('building-period').click();
  await page.getByRole('option', { name: '每日' }).click();
  await page.getByTestId('building-times').fill('19:30 7:5');
  expect(await page.getByTestId('save-building').isDisabled()).toBe(true);
  await page.getByTestId('building-times').fill('19:30 07:05');
  await page.getByTestId('save-building').click();
  const buildings = async () => market.api('buildings', { params: params() });
  await eventually(async () =>
    expect(await buildings()).toContainEqual({
      buildingId: expect.any(String),
      name: '六号楼 熟食',
      stalls: 0,
      meters: 0,
      readingIntervalS: 900,
      settlementPeriod: 'daily',
      settlementTimes: ['07:05', '19:30'],
    }),
  );
});

test('a product on a platform is connected: its push address is shown once, and the platform proves it at once', async () => {
  await signIn(page, market, firstAdmin(market));
  await open('/platforms');
  await page.getByTestId('new-product').click();
  await page.getByTestId('product-platform').click();
  await page.getByRole('option', { name: /^OneNET/ }).click();
  await page.getByTestId('product-id').fill('Px7Water');
  await page.getByTestId('product-url').fill('https://127.0.0.1');
  await page.getByText('用域名而不是 IP').waitFor();
  expect(await page.getByTestId('save-product').isDisabled()).toBe(true);
  await page.getByTestId('product-url').fill('https://api.heclouds.com');
  await page.getByTestId('product-app-secret').fill('the-master-key-of-the-product');
  await page.getByTestId('product-sources').fill('127.0.0.1');
  await page.getByTestId('save-product').click();
  const pushAddress = (await page.getByTestId('secret').innerText()).trim();
  await page.getByTestId('secret-kept').click();
  await page.getByTestId('secret').waitFor({ state: 'detached' });
  const card = page.getByTestId('product').filter({ hasText: 'Px7Water' });
  expect(await card.innerText()).toContain('已加密保存');
  expect(await page.locator('body').innerText()).not.toContain(pushAddress);

  const prove = async (address: string) => {
    const token = address.split('/').at(-1) ?? '';
    const query = new URLSearchParams({ msg: 'm5g7', nonce: 'n0nce', signature: signatureOf(token, 'n0nce', 'm5g7') });
    const answer = await fetch(`${address}?${query}`);
    return [answer.status, answer.ok ? await answer.text() : ''];
  };
  await eventually(async () => expect(await prove(pushAddress)).toEqual([200, 'm5g7']), 3_000);
  await card.getByTestId('remove-product').click();
  await page.locator('#reason-input').fill('改用另一个平台');
  await page.getByTestId('reason-confirm').click();
  await card.waitFor({ state: 'detached' });
  await eventually(async () => expect(await prove(pushAddress)).toEqual([404, '']));
});

test('a charge opens to its proof at Enter, and every notice is listed with its delivery', async () => {
  await eventually(async () => {
    const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const from = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10);
    expect(
      (await market.api('charges', { params: params(), query: { from, to: day, posted: true } })).total,
    ).toBeGreaterThan(0);
  });
  await open('/charges');
  await page.getByTestId('charges-row').first().focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('proof-amount').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('proof-amount').waitFor({ state: 'detached' });

  // Thirty yuan are soon less than forty.
  const { lowBalanceFen: _, ...ladder } = await market.api('alarmLadder', { params: params() });
  await market.api('setAlarmLadder', { params: params(), body: { ...ladder, lowBalanceFen: 40_00 } });
  await eventually(async () =>
    expect((await market.api('notices', { params: params(), query: {} })).total).toBeGreaterThan(0),
  );
  await open('/notices?stage=low_balance&delivered=true');
  const notice = page.getByTestId('notices-row').first();
  await notice.waitFor();
  expect(await notice.innerText()).toMatch(/余额不足提醒.*管理台/s);
});

test('on a phone 360 pixels wide none of these pages has to be scrolled sideways, in either language', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const language of ['en', 'zh-CN'] as const) {
    await open('/settings');
    await speak(page, language);
    for (const path of ['/settings', '/notices', '/charges', '/accounts/bulk']) {
      await open(path);
      await page.locator('main h1').first().waitFor();
      await page
        .locator('main')
        .getByText(/加载中|Loading/)
        .waitFor({ state: 'detached' });
      const wide = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
      expect([language, path, wide]).toEqual([language, path, 0]);
    }
  }
});
