import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RouteRecordRaw } from 'vue-router';
import { eventually, ordinaryStall, startTestMarket, type TestMarket, withBalances } from '../system/support.ts';
import { type Browser, openBrowser } from './chromium.ts';
import { firstAdmin, signIn } from './staff.ts';

/*
 * Every page of the console in both themes, and the menu of a phone, against WCAG 2.2 AA as far as a program can tell. A
 * page that is added to the routes is looked at without a word here, unless its address needs a new kind of id.
 */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };
const SETTLED_MS = 400;

let market: TestMarket;
let browser: Browser;
let page: Page;
/** What stands in an address behind a colon. */
let ids: Readonly<Record<string, string>>;

/** A market with something on every page: sales, a refund that was asked for, a hold, a device nobody knows. */
beforeAll(async () => {
  market = await startTestMarket({
    stalls: 8,
    speed: 240,
    consoleDir: join(import.meta.dirname, '../../apps/console/dist'),
    prepare: (site) => withBalances(site, 1_000_00),
  });
  const { code, water } = ordinaryStall(market.site);
  const params = { marketId: market.marketId };
  await eventually(async () => {
    const { summary } = await market.api('grid', { params });
    expect(summary).toMatchObject({ metersOnline: summary.meters, metersRead: summary.meters });
  });
  market.simulator.water(water).forceDecrease();
  market.simulator.water(water).wakeNow();
  const stall = await market.stall(code);
  const mover = await otherTenant(stall.account?.accountId ?? '');
  for (const amountFen of [100_00, 250_50]) {
    const body = { requestId: crypto.randomUUID(), amountFen, method: 'cash' as const };
    await market.api('topUp', { params: mover, body });
  }
  const act = { kind: 'refund_cash', accountId: mover.accountId, amountFen: 10_00 } as const;
  const body = { requestId: crypto.randomUUID(), act, reason: '商户退租' };
  // Not before the first charge: until then nobody knows what is the tenant's to have back.
  await eventually(async () => void (await market.api('requestApproval', { params, body })));
  const moveOutId = await handOver(mover, stall.account?.accountId ?? '');
  await eventually(async () => expect((await market.api('holds', { params, query: {} })).total).toBe(1));
  const { receipts } = await market.api('receipts', { params, query: {} });
  const { plans } = await market.api('pricePlans', { params });
  ids = {
    stallId: stall.stallId,
    meterId: stall.meters[0]?.meterId ?? '',
    txId: receipts[0]?.txId ?? '',
    accountId: mover.accountId,
    moveOutId,
    planId: plans[0]?.planId ?? '',
    massId: await keepOn(stall.meters[0]?.meterId ?? ''),
    batchId: await readTogether(stall.meters[0]?.meterId ?? ''),
  };
  browser = await openBrowser(DESKTOP);
  page = await browser.context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await market?.stop();
});

interface OfAccount {
  readonly marketId: string;
  readonly accountId: string;
}

/** A tenant with one stall who is not this one. */
async function otherTenant(accountId: string): Promise<OfAccount> {
  const { marketId } = market;
  const { accounts } = await market.api('accounts', { params: { marketId }, query: { state: 'open' } });
  const other = accounts.find((account) => account.accountId !== accountId && account.stalls.length === 1);
  if (!other) throw new Error('the market has one tenant only');
  return { marketId, accountId: other.accountId };
}

/** A tenant's stalls go to another. @returns the id of the move-out statement */
async function handOver(from: OfAccount, accountId: string): Promise<string> {
  const { stalls } = await market.api('account', { params: from });
  const moveOutId = crypto.randomUUID();
  const stallIds = stalls.map(({ stallId }) => stallId);
  const body = { moveOutId, stallIds, to: { accountId }, note: '转让档位' };
  await market.api('transferStalls', { params: from, body });
  return moveOutId;
}

/** A list of one meter is kept on. @returns the id of what was ordered */
async function keepOn(meterId: string): Promise<string> {
  const params = { marketId: market.marketId };
  const order = { override: 'forced_on', until: null, includeProtected: false } as const;
  const preview = await market.api('previewMass', { params, body: { select: { meterIds: [meterId] }, ...order } });
  const massId = crypto.randomUUID();
  const { listHash } = preview;
  const body = { massId, meterIds: [meterId], skippedIds: [], ...order, listHash, reason: '保供电' };
  await market.api('startMass', { params, body });
  return massId;
}

/** @returns the id of a batch of readings with one meter */
async function readTogether(meterId: string): Promise<string> {
  const batchId = crypto.randomUUID();
  const body = { batchId, meterIds: [meterId], reason: '抄表核对' };
  await market.api('startRead', { params: { marketId: market.marketId }, body });
  return batchId;
}

/** Every address of the routes that shows a page. */
function addressesOf(records: readonly RouteRecordRaw[], above = ''): string[] {
  return records.flatMap((record) => {
    const address = record.path.startsWith('/') ? record.path : `${above}/${record.path}`.replace(/\/{2,}/g, '/');
    const below = addressesOf(record.children ?? [], address);
    const isPage = record.name !== undefined && record.component !== undefined && record.redirect === undefined;
    return isPage ? [address.replace(/(.)\/$/, '$1'), ...below] : below;
  });
}
// By a name that is made here: the components behind the routes are nothing to this program's types.
const CONSOLE = join(import.meta.dirname, '../../apps/console/src');
const { routes } = (await import(`${CONSOLE}/routes.ts`)) as { routes: readonly RouteRecordRaw[] };
const addresses = addressesOf(routes);

function filled(address: string): string {
  if (address.includes(':rest')) return '/no/such/page';
  return address.replace(/:(\w+)/g, (_, name: string) => {
    const id = ids[name];
    if (!id) throw new Error(`${address}: this test has to be told where it finds a ${name}`);
    return id;
  });
}

/** Waits until the page has said what it has to say; some go on saying things for ever. */
async function settled(): Promise<void> {
  await eventually(async () => {
    const words = await page.locator('main').innerText();
    expect(words.trim()).not.toBe('');
    expect(words).not.toContain('加载中');
  });
  await page.evaluate(`new Promise((done) => setTimeout(done, ${SETTLED_MS}))`);
}

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/** What stands in somebody's way on the page as it is now. */
async function obstacles(): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary = '' }) => `${id}: ${target.join(' ')} – ${failureSummary.split('\n')[1]?.trim()}`,
    ),
  );
}

/** Colours change by transitions, which end; what turns for ever does not count. */
const COLOURS_ARE_THERE = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() =>
  Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity).map((one) => one.finished)))`;

async function inBothThemes(): Promise<Record<string, string[]>> {
  const light = await obstacles();
  await page.getByTestId('theme').click();
  await page.mouse.move(0, 0);
  await page.evaluate(COLOURS_ARE_THERE);
  const dark = await obstacles();
  await page.getByTestId('theme').click();
  return { light, dark };
}

const NONE = { light: [], dark: [] };

test('nobody is kept from signing in', async () => {
  await page.goto(`${market.server.httpUrl}/sign-in`);
  await page.getByTestId('login').waitFor();
  expect(await inBothThemes()).toEqual(NONE);
});

test.each(addresses.filter((address) => address !== '/sign-in'))('nothing stands in the way on %s', async (address) => {
  if (new URL(page.url()).pathname === '/sign-in') await signIn(page, market, firstAdmin(market));
  await page.goto(market.server.httpUrl + filled(address));
  await page.locator('main').waitFor();
  await settled();
  expect(await inBothThemes()).toEqual(NONE);
});

test('nor on a phone, with its menu closed and open', async () => {
  await page.setViewportSize(PHONE);
  await page.goto(`${market.server.httpUrl}/cashier`);
  await page.locator('main h1').waitFor();
  await settled();
  expect(await inBothThemes()).toEqual(NONE);
  await page.getByTestId('menu-more').click();
  await page.getByTestId('menu-sheet').waitFor();
  expect(await obstacles()).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByTestId('menu-sheet').waitFor({ state: 'detached' });
  expect(await page.locator('[data-testid="menu-more"]:focus').count()).toBe(1);
  await page.setViewportSize(DESKTOP);
});
