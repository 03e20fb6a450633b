import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { type Browser, openBrowser } from '../test/browser/chromium.ts';
import { firstAdmin, signIn } from '../test/browser/staff.ts';
import * as tour from '../test/browser/tour-steps.ts';
import { startTestMarket, type TestMarket } from '../test/system/support.ts';
import { play, withSceneBalances } from './screen-market.ts';
import { consolePages, type ScreenPage } from './screen-pages.ts';

/*
 * A picture of every page of the console, in both languages, both themes, and as wide as a desk and as a phone, into
 * docs/images/screens: npm run screenshots [-- --only home,wall] [--stalls 474]
 * All that is seen is brought about on the wire first, so it takes twenty minutes.
 */

const ROOT = join(import.meta.dirname, '..');
const SCREENS = join(ROOT, 'docs/images/screens');
const TOUR = join(ROOT, 'docs/images/tour');
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } } as const;
const LANGUAGES = ['zh-CN', 'en'] as const;
const THEMES = ['light', 'dark'] as const;
const TOUR_SIZE = { width: 1100, height: 760 };
const WEBP_QUALITY = 50;
const SETTLED_MS = 700;
/** As fast as some hundred meters are read by two cores that others use too; a cut still comes in three minutes. */
const SPEED = 20;
const LOADING = ['加载中', 'Loading…'];

interface Look {
  readonly language: (typeof LANGUAGES)[number];
  readonly theme: (typeof THEMES)[number];
  readonly size: keyof typeof SIZES;
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const LOOKS: readonly Look[] = (['desk', 'phone'] as const).flatMap((size) =>
  LANGUAGES.flatMap((language) => THEMES.map((theme) => ({ size, language, theme }))),
);

const fileOf = (name: string, { language, theme, size }: Look) =>
  `${name}.${language}.${theme}${size === 'phone' ? '.phone' : ''}.webp`;

/** Waits until the page has said what it has to say. */
async function settled(page: Page): Promise<void> {
  await page.locator('main').first().waitFor();
  await page
    .waitForFunction(
      `(() => { const words = document.querySelector('main')?.innerText.trim() ?? '';
        return words !== '' && !${JSON.stringify(LOADING)}.some((word) => words.includes(word)); })()`,
      undefined,
      { timeout: 5_000 },
    )
    .catch(() => say(`  ${new URL(page.url()).pathname} goes on loading`));
  await page.mouse.move(0, 0);
  await page.waitForTimeout(SETTLED_MS);
}

async function picture(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: WEBP_QUALITY });
  await writeFile(path, Buffer.from(data, 'base64'));
  await session.detach();
}

async function takeAll(browser: Browser, market: TestMarket, pages: readonly ScreenPage[]): Promise<void> {
  const page = await browser.context.newPage();
  const { httpUrl } = market.server;
  for (const look of LOOKS) {
    await page.setViewportSize(SIZES[look.size]);
    const chosen = { locale: look.language, theme: look.theme, 'theme.wall': look.theme };
    await page.goto(`${httpUrl}/sign-in`);
    await page.evaluate(
      `for (const [name, value] of Object.entries(${JSON.stringify(chosen)})) localStorage.setItem('openprepay.' + name, value)`,
    );
    const alone = pages.find(({ name }) => name === 'sign-in');
    if (alone) {
      await page.context().clearCookies();
      await page.goto(`${httpUrl}${alone.path}`);
      await settled(page);
      await picture(page, join(SCREENS, fileOf(alone.name, look)));
    }
    await signIn(page, market, firstAdmin(market));
    for (const { name, path, meterIds } of pages.filter((one) => one !== alone)) {
      await page.goto(httpUrl + path);
      if (meterIds) {
        await page.evaluate(`history.replaceState({ ...history.state, meterIds: ${JSON.stringify(meterIds)} }, '')`);
        await page.reload();
      }
      await settled(page);
      await picture(page, join(SCREENS, fileOf(name, look)));
    }
    say(`${look.size} ${look.language} ${look.theme}: ${pages.length} pages`);
  }
  await page.close();
}

const WORDS_OF_TOUR = {
  'zh-CN': { market: '东门农贸市场', building: '一号楼', customer: '李记蔬菜', opened: '新租户', cut: '巡检演示' },
  en: {
    market: 'East Gate Market',
    building: 'Hall 1',
    customer: 'Li’s Greens',
    opened: 'new tenant',
    cut: 'shown to a newcomer',
  },
} as const;

/** The newcomer's first ten minutes, on an installation of its own. */
async function takeTour(language: Look['language']): Promise<void> {
  const place = await tour.startEmpty();
  const browser = await openBrowser(TOUR_SIZE);
  try {
    const page = await browser.context.newPage();
    await page.goto(`${place.program.httpUrl}/sign-in`);
    await page.evaluate(`localStorage.setItem('openprepay.locale', '${language}')`);
    const words = WORDS_OF_TOUR[language];
    const take = async (name: string) => {
      await page.mouse.move(0, 0);
      await page.waitForTimeout(SETTLED_MS);
      await picture(page, join(TOUR, `${name}.${language}.webp`));
    };
    await tour.begin(page, place, take);
    await tour.makeMarket(page, words);
    await tour.claimMeter(page, place, take);
    await tour.setPrice(page, take);
    await tour.openAccount(page, { customer: words.customer, reason: words.opened }, take);
    await tour.firstTopUp(page, take);
    await tour.cutAndRestore(page, place, words.cut, take);
    say(`tour ${language}`);
  } finally {
    await browser.close();
    await place.stop();
  }
}

/** A page that shows all of them, for who looks through them on the forge. */
async function writeGallery(pages: readonly ScreenPage[]): Promise<void> {
  const of = (name: string, look: Look) => `![${name}](images/screens/${fileOf(name, look)})`;
  const rows = pages.flatMap(({ name }) => [
    `## ${name}`,
    '',
    ...(['desk', 'phone'] as const).map((size) =>
      LOOKS.filter((look) => look.size === size)
        .map((look) => of(name, look))
        .join(' '),
    ),
    '',
  ]);
  const head = [
    '# Every screen',
    '',
    'Made by `npm run screenshots`: both languages, both themes, desk and phone.',
    '',
  ];
  await writeFile(join(ROOT, 'docs/screens.md'), `${[...head, ...rows].join('\n').trim()}\n`);
}

const { values } = parseArgs({ options: { only: { type: 'string' }, stalls: { type: 'string', default: '474' } } });
const only = values.only?.split(',');
const built = spawnSync(join(ROOT, 'node_modules/.bin/vite'), ['build', 'apps/console', '--logLevel', 'warn'], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (built.status !== 0) process.exit(1);
if (!only) await rm(SCREENS, { recursive: true, force: true });
await mkdir(SCREENS, { recursive: true });
await mkdir(TOUR, { recursive: true });
if (!only || only.includes('tour')) for (const language of LANGUAGES) await takeTour(language);
if (only?.every((name) => name === 'tour')) process.exit(0);
const market = await startTestMarket({
  stalls: Number(values.stalls),
  speed: SPEED,
  connectWithinMs: 20_000,
  consoleDir: join(ROOT, 'apps/console/dist'),
  prepare: withSceneBalances,
});
const browser = await openBrowser(SIZES.desk);
try {
  say('The market is running; now the scenes are played.');
  const all = await consolePages(await play(market));
  const pages = only ? all.filter(({ name }) => only.includes(name)) : all;
  if (!only) await writeGallery(all);
  await takeAll(browser, market, pages);
} finally {
  await browser.close();
  await market.stop();
}
