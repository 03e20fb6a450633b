import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeWorkbook } from '../../apps/server/src/platform/workbook.ts';
import {
  eventually,
  expectProved,
  signIn as signInByApi,
  startTestMarket,
  type TestMarket,
  withBalances,
} from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { addOperator, type Credentials, signIn } from './staff.ts';

const DEPOSIT_FEN = 500_00;
/** One white pixel. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==',
  'base64',
);

let market: TestMarket;
let browser: Browser;
let page: Page;
let folder: string;
let roles: Record<'manager' | 'cashier' | 'technician', Credentials>;
/** Two stalls that nobody has. */
let vacant: { stallId: string; code: string }[];
const complaints: string[] = [];

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 8,
    speed: 60,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 0),
  });
  roles = {
    manager: await addOperator(market, 'manager'),
    cashier: await addOperator(market, 'cashier'),
    technician: await addOperator(market, 'technician'),
  };
  const params = { marketId: market.marketId };
  await eventually(async () => {
    const { summary } = await market.api('grid', { params });
    expect(summary.metersRead).toBe(summary.meters);
  });
  await emptyStalls(2);
  vacant = (await market.api('vacantStalls', { params })).slice(0, 2);
  folder = await mkdtemp(join(tmpdir(), 'openprepay-accounts-'));
  browser = await openBrowser({ width: 1440, height: 900 });
  page = await browser.context.newPage();
  await page.addInitScript('window.print = () => {};');
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** So many tenants move out at least. */
async function emptyStalls(count: number): Promise<void> {
  const params = { marketId: market.marketId };
  const { accounts } = await market.api('accounts', { params, query: { state: 'open' } });
  for (const { accountId } of accounts.filter(({ stalls }) => stalls.length === 1).slice(0, count)) {
    await market.api('closeAccount', { params: { ...params, accountId }, body: { note: 'moved out' } });
  }
}

const open = (path: string) => page.goto(`${market.server.httpUrl}${path}`);
const accountOf = async (number: string) => {
  const query = { text: number, state: 'any' as const };
  const { accounts } = await market.api('accounts', { params: { marketId: market.marketId }, query });
  const found = accounts.find((account) => account.number === number);
  if (!found) throw new Error(`no account ${number}`);
  return found;
};
const choose = async (code: string) => {
  await page.getByTestId('open-stalls').locator('input').fill(code);
  await page.getByRole('option', { name: new RegExp(`^${code} `) }).click();
  // A click elsewhere folds the list away, and is the list's.
  await page.getByTestId('account-number').click();
  await page.locator('.el-select-dropdown:visible').waitFor({ state: 'hidden' });
};
const dialogIsGone = () => page.getByTestId('open-account').waitFor({ state: 'detached' });

/** What the API says to a role; that it was done where it was. */
async function refused(role: 'cashier' | 'technician', call: (api: TestMarket['api']) => Promise<unknown>) {
  const api = await signInByApi(market.server.httpUrl, roles[role]);
  return call(api).then(
    () => 'done',
    (error: { problem: { code: string } }) => error.problem.code,
  );
}

test('a manager opens an account with a stall, credit and a deposit, which the cashier takes', async () => {
  const [stall] = vacant;
  await signIn(page, market, roles.manager);
  await open('/accounts');
  await page.getByTestId('new-account').click();
  await page.getByTestId('account-number').fill('N-1');
  await page.getByTestId('account-customer').fill('新商户');
  await page.getByTestId('new-credit').fill('50');
  await page.getByTestId('new-deposit').fill('500');
  await choose(stall?.code ?? '');
  await page.getByTestId('account-reason').fill('新签合同');
  await page.getByTestId('open-account').click();
  await page.getByTestId('deposit-due').waitFor({ state: 'detached' });
  await page.getByTestId('account-state').waitFor();
  expect(await page.getByTestId('account-deposit').count()).toBe(0);
  const { accountId } = await accountOf('N-1');

  await signIn(page, market, roles.cashier);
  await open(`/accounts/${accountId}`);
  await page.getByTestId('deposit-due').waitFor();
  expect(await page.getByTestId('account-credit').count()).toBe(0);
  await page.getByTestId('account-deposit').click();
  expect(await page.getByTestId('deposit-amount').inputValue()).toBe('500');
  await page.getByTestId('take-deposit').click();
  await page.getByTestId('deposit-taken').waitFor();
  expect(await page.getByTestId('deposit-taken').innerText()).toContain('001-00000001');
  await eventually(async () => expect(await page.getByTestId('purse-deposit').innerText()).toBe('¥500.00'));
  const { purses } = await market.api('account', { params: { marketId: market.marketId, accountId } });
  expect(purses.utility).toBeLessThanOrEqual(0);
});

test('one that is prepared is handed over with one click', async () => {
  const [, stall] = vacant;
  await open('/accounts');
  await page.getByTestId('new-account').click();
  await page.getByTestId('account-number').fill('N-2');
  await page.getByTestId('account-customer').fill('预开商户');
  expect(await page.getByTestId('new-credit').count()).toBe(0);
  await choose(stall?.code ?? '');
  await page.getByTestId('open-prepare').click();
  await page.getByText('现在只登记').waitFor();
  await page.getByTestId('account-reason').fill('下月进场');
  await page.getByTestId('open-account').click();
  await dialogIsGone();
  await open('/accounts?state=prepared');
  await page.getByTestId('open-now').click();
  await page.getByTestId('open-now').waitFor({ state: 'detached' });
  expect(await accountOf('N-2')).toMatchObject({ state: 'open', stalls: [stall?.code] });
});

test('many are opened from a file: bad rows say why, good ones are opened', async () => {
  const rows = [
    ['户号', '商户名称', '档位', '押金'],
    ['B-1', '甲', '', ''],
    ['B-2', '', '', ''],
    ['B-3', '丙', vacant[0]?.code ?? '', ''],
    ['B-4', '丁', '', '500'],
  ];
  const bytes = await writeWorkbook([{ name: '开户', headRows: 1, widths: [], rows }]);
  await open('/accounts/bulk');
  await page
    .getByTestId('bulk-file')
    .setInputFiles({ name: '开户.xlsx', mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
  await page.getByTestId('bulk-result').waitFor();
  const outcomes = () =>
    page.getByTestId('bulk-row').evaluateAll((all) => all.map((row) => row.getAttribute('data-outcome')));
  expect(await outcomes()).toEqual(['opened', 'failed', 'failed', 'failed']);
  const words = await page.getByTestId('bulk-row').allInnerTexts();
  expect(words[1]).toContain('必填');
  expect(words[2]).toContain('转户');
  // The cashier may not agree a deposit; a manager may.
  expect(words[3]).toContain('只能由经理给');
  await expect(accountOf('B-1')).rejects.toThrow('no account');
  await page.getByTestId('bulk-go').click();
  await page.getByTestId('bulk-go').waitFor({ state: 'detached' });
  expect(await accountOf('B-1')).toMatchObject({ state: 'open', customerName: '甲' });
  expect(await page.getByTestId('bulk-bad').count()).toBe(1);
});

test('a stall changes hands, and an account is closed with its deposit set off and the rest to be given back', async () => {
  const { accountId } = await accountOf('N-1');
  await open(`/accounts/${accountId}`);
  await page.getByTestId('account-transfer').click();
  await page.getByTestId('account-number').fill('N-3');
  await page.getByTestId('account-customer').fill('接手商户');
  const reading = page.getByTestId('hand-over-reading').first();
  await reading.fill('1');
  await page
    .locator('input[accept="image/*"]')
    .setInputFiles({ name: 'p.png', mimeType: 'image/png', buffer: PICTURE });
  await page.locator('img.picture').waitFor();
  await page.getByTestId('account-reason').fill('转让档位');
  const sent = page.waitForRequest('**/transfers');
  await page.getByTestId('transfer-stalls').click();
  expect((await sent).postDataJSON().readings).toMatchObject([
    { value: '1', photoBase64: expect.stringMatching(/^\/9j/) },
  ]);
  // It is far below what the meter showed.
  await page.locator('.el-dialog .el-alert--error').waitFor();
  await reading.fill('');
  await page.getByTestId('transfer-stalls').click();
  await page.getByTestId('transfer-stalls').waitFor({ state: 'detached' });
  expect((await accountOf('N-3')).stalls).toEqual([vacant[0]?.code]);

  await page.getByTestId('account-close').click();
  await page.getByTestId('account-reason').fill('商户退租');
  await page.getByTestId('close-account').click();
  await page.getByTestId('close-open').waitFor();
  const params = { marketId: market.marketId, accountId };
  const { purses, state } = await market.api('account', { params });
  expect([state, purses.deposit]).toEqual(['open', 0]);
  expect(purses.utility).toBeGreaterThan(DEPOSIT_FEN - 100_00);
  await page.getByTestId('account-refund').click();
  await page.getByTestId('refund-amount').fill(String(purses.utility / 100));
  await page.getByTestId('refund-reason').fill('押金退还');
  await page.getByTestId('refund-ask').click();
  await page.getByTestId('refund-ask').waitFor({ state: 'detached' });

  await signIn(page, market, roles.manager);
  await open('/approvals');
  await page.getByTestId('approve').click();
  await page.getByTestId('decide').click();
  await eventually(async () => expect((await market.api('account', { params })).purses.utility).toBe(0));
  await open(`/accounts/${accountId}`);
  await page.getByTestId('account-close').click();
  await page.getByTestId('account-reason').fill('押金已退');
  await page.getByTestId('close-account').click();
  await eventually(async () => expect((await accountOf('N-1')).state).toBe('closed'));
  const [moveOut] = await market.api('moveOuts', { params });
  const moved = moveOut?.statement?.movements.find(({ kind }) => kind === 'deposit');
  expect(moved?.amountFen).toBe(DEPOSIT_FEN);
  await eventually(async () => expectProved(await market.verify()));
});

test('who may not is offered none of it, and refused by the API', async () => {
  const { accountId } = await accountOf('N-2');
  const params = { marketId: market.marketId };
  const ofAccount = { ...params, accountId };
  // Who looks at everything and changes nothing; a technician does not even see whose account it is.
  await signIn(page, market, await addOperator(market, 'auditor'));
  await open('/accounts');
  await page.getByTestId('accounts-row').first().waitFor();
  for (const name of ['new-account', 'bulk-open']) expect(await page.getByTestId(name).count()).toBe(0);
  await open(`/accounts/${accountId}`);
  await page.getByTestId('account-state').waitFor();
  for (const act of ['deposit', 'topUp', 'transfer', 'close', 'agreedDeposit']) {
    expect([act, await page.getByTestId(`account-${act}`).count()]).toEqual([act, 0]);
  }
  const id = crypto.randomUUID();
  const account = { accountId: id, number: 'X', customerName: 'X', stallIds: [] };
  const note = 'not mine to do';
  const sale = { requestId: id, amountFen: 1, method: 'cash' as const };
  const file = { fileName: 'x.xlsx', base64: '', dryRun: true };
  const move = { moveOutId: id, stallIds: [vacant[1]?.stallId ?? ''], to: account, note };
  const calls: readonly ((api: TestMarket['api']) => Promise<unknown>)[] = [
    (api) => api('openAccounts', { params, body: { accounts: [account], note } }),
    (api) => api('openPrepared', { params: ofAccount, body: { note } }),
    (api) => api('importAccounts', { params, body: file }),
    (api) => api('takeDeposit', { params: ofAccount, body: sale }),
    (api) => api('transferStalls', { params: ofAccount, body: move }),
    (api) => api('closeAccount', { params: ofAccount, body: { note } }),
  ];
  for (const call of calls) expect(await refused('technician', call)).toBe('http.forbidden');
  const granted = { accounts: [{ ...account, creditLimitFen: 1 }], note };
  expect(await refused('cashier', (api) => api('openAccounts', { params, body: granted }))).toBe(
    'tenancy.terms_need_manager',
  );
  const deposit = { depositFen: 1, reason: note };
  expect(await refused('cashier', (api) => api('setDeposit', { params: ofAccount, body: deposit }))).toBe(
    'http.forbidden',
  );
  expect(complaints).toEqual([]);
});
