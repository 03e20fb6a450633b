import { join } from 'node:path';
import type { Role } from '@openprepay/contract';
import { routeTable } from '@openprepay/contract/client';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWER_PATH } from '../../apps/server/src/identity/issuer-sign-in.ts';
import { CLIENT, startIssuer, type TestIssuer } from '../../apps/server/src/identity/test-support/issuer.ts';
import { writeWorkbook } from '../../apps/server/src/platform/workbook.ts';
import {
  eventually,
  freePort,
  ordinaryStall,
  startTestMarket,
  type TestMarket,
  withBalances,
} from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { addOperator, type Credentials, signIn } from './staff.ts';

/*
 * The jobs people do most that have no file of their own here: signing in with a second factor, or at an identity provider that
 * others wrote, 500 stalls out of Excel. And
 * of every one of the ten: whose it is finds it, and whose it is not neither finds it nor is let in.
 */

const PERIOD_S = 30;

let provider: TestIssuer;
let market: TestMarket;
let browser: Browser;
let page: Page;
let places: Readonly<Record<string, string>>;

beforeAll(async () => {
  const httpPort = await freePort();
  provider = await startIssuer(`http://127.0.0.1:${httpPort}${ANSWER_PATH}`, {});
  market = await startTestMarket({
    signInAt: { httpPort, issuer: { url: provider.url, name: '集团统一登录', ...CLIENT } },
    stalls: 8,
    speed: 1,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 1_000_00),
  });
  const { code, electricity } = ordinaryStall(market.site);
  const { stallId, account, meters } = await market.stall(code);
  const meterId = meters.find(({ serial }) => serial === electricity)?.meterId ?? '';
  const { plans } = await market.api('pricePlans', { params: { marketId: market.marketId } });
  const planId = plans[0]?.planId ?? '';
  places = { marketId: market.marketId, stallId, meterId, accountId: account?.accountId ?? '', planId };
  browser = await openBrowser({ width: 1440, height: 900 });
  page = await browser.context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
  await provider?.stop();
});

const withPlaces = (path: string) => path.replace(/:(\w+)/g, (_, name: string) => places[name] ?? crypto.randomUUID());

const operators = new Map<Role, Promise<Credentials>>();
async function signInAs(role: Role): Promise<void> {
  const who = operators.get(role) ?? addOperator(market, role);
  operators.set(role, who);
  await signIn(page, market, await who);
}

test.each([
  {
    job: 'sell and print',
    his: 'cashier',
    not: 'technician',
    at: '/stalls',
    sign: 'a[href="/cashier"]',
    route: 'topUp',
  },
  {
    job: 'open an account',
    his: 'cashier',
    not: 'technician',
    at: '/accounts',
    sign: '@new-account',
    route: 'openAccounts',
  },
  {
    job: 'find why a tenant was charged',
    his: 'cashier',
    not: 'technician',
    at: '/stalls/:stallId',
    sign: '@balance',
    route: 'charges',
  },
  {
    job: 'replace a meter',
    his: 'technician',
    not: 'cashier',
    at: '/meters/:meterId',
    sign: '@meter-replace',
    route: 'replaceMeter',
  },
  { job: 'cut a list', his: 'manager', not: 'technician', at: '/batch', sign: '@new-batch', route: 'startMass' },
  { job: 'release a hold', his: 'finance', not: 'cashier', at: null, sign: '', route: 'releaseHold' },
  { job: 'draft a price', his: 'manager', not: 'cashier', at: '/prices', sign: '@plan-new', route: 'savePriceDraft' },
  { job: 'publish a price', his: 'finance', not: 'technician', at: null, sign: '', route: 'decideApproval' },
  {
    job: 'import stalls',
    his: 'manager',
    not: 'finance',
    at: '/stall-register',
    sign: '@import-stalls',
    route: 'importStalls',
  },
  {
    job: 'read meters',
    his: 'technician',
    not: 'finance',
    at: '/meters/:meterId',
    sign: '@read-now',
    route: 'readNow',
  },
] as const)('to $job is for the $his, and not for the $not', async ({ his, not, at, sign, route }) => {
  const [method, path] = routeTable[route];
  const found = sign.startsWith('@') ? `[data-testid="${sign.slice(1)}"]` : sign;
  for (const role of [his, not]) {
    await signInAs(role);
    const headers = { origin: market.server.httpUrl };
    const answer = await page.request.fetch(`${market.server.httpUrl}${withPlaces(path)}`, {
      method,
      headers,
      data: {},
    });
    if (role === not) expect(await answer.json()).toMatchObject({ code: 'http.forbidden' });
    else expect(answer.status()).not.toBe(403);
    if (at === null) continue;
    await page.goto(`${market.server.httpUrl}${withPlaces(at)}`);
    await page.locator('main h1, main h2').first().waitFor();
    if (role === his) await page.locator(found).first().waitFor();
    await page.waitForLoadState('networkidle');
    expect([role, (await page.locator(found).count()) > 0]).toEqual([role, role === his]);
  }
});

test('a second factor is set up by its secret, asked for from then on, and good for one use', async () => {
  const who = await addOperator(market, 'finance');
  await signIn(page, market, who);
  await page.goto(`${market.server.httpUrl}/account`);
  await page.getByTestId('enrol').click();
  await page.getByTestId('confirm-password').fill(who.password);
  await page.getByTestId('form-submit').click();
  const secret = ((await page.getByTestId('totp-secret').textContent()) ?? '').replaceAll(' ', '');
  const totp = new TOTP({ secret: Secret.fromBase32(secret), period: PERIOD_S });
  await page.getByTestId('first-code').fill(totp.generate());
  await page.getByTestId('form-submit').click();
  await page.getByTestId('secret').first().waitFor();
  const used = totp.generate();

  await page.context().clearCookies();
  await page.goto(`${market.server.httpUrl}/sign-in`);
  await page.getByTestId('login').fill(who.login);
  await page.getByTestId('password').fill(who.password);
  await page.getByTestId('submit').click();
  await page.getByTestId('code').fill(used);
  await page.getByTestId('submit').click();
  await page.getByRole('alert').waitFor();
  await page.getByTestId('code').fill(totp.generate({ timestamp: Date.now() + PERIOD_S * 1_000 }));
  await page.getByTestId('submit').click();
  await page.locator('nav').first().waitFor();
});

/** From the sign-in page to the provider's own pages, until it sends the browser back. */
async function signInAtProvider(subject: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${market.server.httpUrl}/sign-in?next=%2Freceipts`);
  await page.getByTestId('issuer').getByText('集团统一登录').click();
  await page.waitForURL((url) => url.origin === provider.url);
  await page.locator('input[name="login"]').fill(subject);
  await page.locator('input[name="password"]').fill('any');
  await page.locator('button[type="submit"]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL((url) => url.origin === market.server.httpUrl);
}

test('who signs in at the identity provider comes back as the operator he is linked to, or is told that he is none', async () => {
  // Its pages ask for a typeface from elsewhere.
  await page.route(/googleapis/, (route) => route.abort());
  const { login } = await addOperator(market, 'cashier');
  const [operator] = (await market.api('operators', { query: { text: login } })).operators;
  const params = { operatorId: operator?.operatorId ?? '' };
  await market.api('linkOperator', { params, body: { subject: 'sub-of-the-cashier' } });
  await signInAtProvider('sub-of-the-cashier');
  await page.waitForURL(({ pathname }) => pathname === '/receipts');
  await page.getByTestId('account').getByText(login).waitFor();

  await signInAtProvider('sub-of-nobody');
  expect(await page.getByRole('alert').innerText()).toContain('没有操作员与您关联');
  expect(new URL(page.url()).search).toBe('');
});

test('500 stalls come out of Excel: 493 go in, and the 7 wrong ones come back with what is wrong', async () => {
  const building = (await market.api('buildings', { params: { marketId: market.marketId } }))[0]?.name ?? '';
  const heading = ['档位号', '楼栋', '业态', '面积', '免断'];
  const rows = Array.from({ length: 500 }, (_, n) => [`新-${n}`, building, '水产', '8.25', n % 2 ? '是' : '']);
  const wrong = { 0: '', 1: '没有这栋', 2: '', 3: 'large', 4: 'maybe' };
  for (const [column, value] of Object.entries(wrong)) (rows[Number(column) * 10] ?? [])[Number(column)] = value;
  rows[70] = [ordinaryStall(market.site).code, building, '没有这种业态', '', ''];
  rows[60] = rows[61] = [`新-60`, building, '水产', '', ''];
  const sheet = { name: 'stalls', headRows: 1, widths: [], rows: [heading, ...rows] };
  const mimeType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  const buffer = Buffer.from(await writeWorkbook([sheet]));
  await signInAs('manager');
  await page.goto(`${market.server.httpUrl}/stall-register`);
  await page.getByTestId('import-stalls').click();
  await page.getByTestId('import-file').setInputFiles({ name: 'stalls.xlsx', mimeType, buffer });
  await page.getByTestId('import-result').waitFor();
  const dialog = page.getByRole('dialog');
  expect(await dialog.textContent()).toMatch(/可导入 493 行.*有错 7 行/s);
  await page.getByTestId('import-go').click();
  await eventually(async () => expect(await dialog.textContent()).toContain('已导入 493 行'));
  const { total } = await market.api('stalls', { params: { marketId: market.marketId }, query: { text: '新-' } });
  expect(total).toBe(493);
});
