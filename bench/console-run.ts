import type { Page } from 'playwright-core';
import type { Database } from '../apps/server/src/platform/database.ts';
import { silentLog } from '../apps/server/src/platform/log.ts';
import { startServer } from '../apps/server/src/server.ts';
import { openBrowser } from '../test/browser/chromium.ts';
import { type FrameCost, withFrameCost } from './frame-cost.ts';
import { seedSweepMarket, serialOf } from './sweep-market.ts';

/** Of a page that is scrolled for some seconds: pictures that were due, and those that came more than one late. */
export interface ScrollFigures {
  readonly frames: number;
  readonly dropped: number;
  readonly worstMs: number;
}

/** And what each picture took, of a second scrolling: to record it takes time too. */
export interface ScrollCost extends ScrollFigures {
  readonly cost: FrameCost;
}

export interface ConsoleFigures {
  readonly rows: number;
  /** From the navigation to the first row, of a page of fifty and of one with all rows. */
  readonly listMs: number;
  readonly longListMs: number;
  /** From the last key to the rows that fit. */
  readonly filterMs: number;
  readonly listScroll: ScrollCost;
  readonly gridMs: number;
  readonly gridScroll: ScrollCost;
  /** The same scrolling of an empty page: what this machine drops by itself. */
  readonly emptyScroll: ScrollCost;
}

const FRAMES = 240;
const STEP_PX = 90;

/** The console in a real Chromium on a market of so many stalls, each with a meter. */
export async function runConsole(db: Database, rows: number, consoleDir: string): Promise<ConsoleFigures> {
  await seedSweepMarket(
    db,
    new Date(),
    Array.from({ length: rows }, (_, index) => serialOf(index)),
    86_400,
  );
  const server = await startServer({
    db,
    http: { host: '127.0.0.1', port: 0 },
    device: { host: '127.0.0.1', port: 0 },
    consoleDir,
    speed: 1,
    log: silentLog,
  });
  const browser = await openBrowser({ width: 1440, height: 900 });
  try {
    const page = await browser.context.newPage();
    const { login, password } = server.firstAdmin ?? { login: '', password: '' };
    await page.goto(`${server.httpUrl}/sign-in`);
    await page.getByTestId('login').fill(login);
    await page.getByTestId('password').fill(password);
    await page.getByTestId('submit').click();
    await page.waitForURL((to) => to.pathname !== '/sign-in');
    return { rows, ...(await measure(page, server.httpUrl, rows)) };
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function measure(page: Page, url: string, rows: number): Promise<Omit<ConsoleFigures, 'rows'>> {
  const pageSize = (size: number) =>
    page.evaluate(
      `fetch('/api/me/lists/meters', { method: 'PUT', headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ pageSize: ${size} }) })`,
    );
  const row = '[data-testid="meters-row"]';
  const listMs = await firstShown(page, `${url}/meters`, row);
  const filterMs = await filtered(page, rows);
  await pageSize(10_000);
  const longListMs = await firstShown(page, `${url}/meters`, row);
  const listScroll = await scrolledTwice(page);
  const gridMs = await firstShown(page, `${url}/stalls`, '[data-testid="stall-card"]');
  const gridScroll = await scrolledTwice(page);
  await page.goto(`${url}/no/such/page`);
  await page.locator('h1').waitFor();
  const emptyScroll = await scrolledTwice(page);
  return { listMs, longListMs, filterMs, listScroll, gridMs, gridScroll, emptyScroll };
}

/** From the navigation until what is looked for is there and drawn. */
async function firstShown(page: Page, url: string, selector: string): Promise<number> {
  await page.goto(url, { waitUntil: 'commit' });
  return Math.round(
    await page.evaluate<number>(`new Promise((done) => {
      const look = () => document.querySelector('${selector}')
        ? requestAnimationFrame(() => done(performance.now()))
        : requestAnimationFrame(look);
      look();
    })`),
  );
}

/** The last one's serial is typed: its row is the only one. */
async function filtered(page: Page, rows: number): Promise<number> {
  await page.getByTestId('list-search').fill(serialOf(rows - 1).slice(0, -1));
  await page.getByTestId('meters-row').nth(1).waitFor();
  await page.evaluate(
    `window.typedAt = 0; document.addEventListener('input', () => { window.typedAt = performance.now(); }, true)`,
  );
  await page.getByTestId('list-search').press('End');
  await page.keyboard.type(String(rows - 1).slice(-1));
  return Math.round(
    await page.evaluate<number>(`new Promise((done) => {
      const look = () => document.querySelectorAll('[data-testid="meters-row"]').length === 1
        ? requestAnimationFrame(() => done(performance.now() - window.typedAt))
        : requestAnimationFrame(look);
      look();
    })`),
  );
}

async function scrolledTwice(page: Page): Promise<ScrollCost> {
  const figures = await scrolled(page);
  const { cost } = await withFrameCost(page, () => scrolled(page));
  return { ...figures, cost };
}

/** Scrolls as fast as a finger flicks, a step with every picture. */
function scrolled(page: Page): Promise<ScrollFigures> {
  return page.evaluate<ScrollFigures>(`new Promise((done) => {
    const all = [document.scrollingElement, ...document.querySelectorAll('main, .content, .page')];
    const box = all.find((one) => one.scrollHeight > one.clientHeight + 200 && getComputedStyle(one).overflowY !== 'visible')
      ?? document.scrollingElement;
    const gaps = [];
    let last = performance.now();
    let left = ${FRAMES};
    const step = (now) => {
      gaps.push(now - last);
      last = now;
      box.scrollTop += ${STEP_PX};
      if (left-- > 0) return requestAnimationFrame(step);
      const late = gaps.slice(2);
      done({ frames: late.length, dropped: late.filter((gap) => gap > 2 * 16.7).length, worstMs: Math.round(Math.max(...late)) });
    };
    requestAnimationFrame(step);
  })`);
}
