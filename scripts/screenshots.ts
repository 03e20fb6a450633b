import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { StallState } from '@openprepay/contract';
import type { Site } from '@openprepay/simulator';
import type { Page } from 'playwright-core';
import { openBrowser } from '../test/browser/chromium.ts';
import { cardOf, firstAdmin, openStall, signIn } from '../test/browser/staff.ts';
import { startTestMarket, type TestMarket } from '../test/system/support.ts';

/*
 * The pictures of the manual, of the first site with a little of everything going on. Every state is brought about on the
 * wire, so this takes a few minutes: run it when the console has changed to the eye.
 */

const ROOT = join(import.meta.dirname, '..');
const IMAGES = join(ROOT, 'docs/images');
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const WITHIN_MS = 6 * 60_000;
const LOOK_MS = 1_000;
const HEAVY_LOAD_W = 4_000;

interface SceneOf {
  /** Of all stalls with one tenant and both meters, which one. */
  readonly place: number;
  readonly shows: StallState;
  readonly balanceFen?: number;
}

/** What happens at some of the market's first stalls. */
const SCENES = {
  low: { place: 2, shows: 'low_balance', balanceFen: 15_00 },
  cut: { place: 6, shows: 'arrears_cut', balanceFen: 1_50 },
  forcedOn: { place: 9, shows: 'forced_on' },
  offline: { place: 12, shows: 'offline' },
  stuck: { place: 15, shows: 'exception', balanceFen: 80 },
  hold: { place: 18, shows: 'hold' },
  forcedOff: { place: 21, shows: 'forced_off' },
} as const satisfies Record<string, SceneOf>;
type Scene = keyof typeof SCENES;
const SCENE_NAMES = Object.keys(SCENES) as Scene[];
const LEAST_BALANCE_FEN = 60_00;
const TOP_UPS_FEN = [100_00, 200_00, 50_00, 300_00, 500_00];

interface Stage {
  readonly code: string;
  readonly electricity: string;
}

/** The stall of each scene: with an account of its own and both meters. */
function stagesOf(site: Site): Record<Scene, Stage> {
  const ordinary = site.accounts.flatMap(({ stalls: [code, second], creditLimitFen }) => {
    const stall = site.stalls.find((candidate) => candidate.code === code);
    const electricity = stall?.meters.find(({ kind }) => kind === 'electricity')?.serial;
    if (!code || second || creditLimitFen > 0 || stall?.protected || stall?.meters.length !== 2 || !electricity)
      return [];
    return [{ code, electricity }];
  });
  const stages = SCENE_NAMES.map((scene) => [scene, ordinary[SCENES[scene].place]]);
  return Object.fromEntries(stages) as Record<Scene, Stage>;
}

function withSceneBalances(site: Site): Site {
  const stages = stagesOf(site);
  const balances = new Map(
    SCENE_NAMES.map((scene): [string, number | undefined] => [
      stages[scene].code,
      (SCENES[scene] as SceneOf).balanceFen,
    ]),
  );
  const accounts = site.accounts.map((account) => ({
    ...account,
    openingBalanceFen: balances.get(account.stalls[0] ?? '') ?? Math.max(account.openingBalanceFen, LEAST_BALANCE_FEN),
  }));
  return { ...site, accounts };
}

const gridOf = (market: TestMarket) => market.api('grid', { params: { marketId: market.marketId } });

/** Waits until nothing is missing any more, looking once a second. */
async function until(missing: () => Promise<readonly string[]>): Promise<void> {
  const endMs = performance.now() + WITHIN_MS;
  for (;;) {
    const left = await missing();
    if (left.length === 0) return;
    if (performance.now() > endMs) throw new Error(`still waiting for ${left.join(', ')}`);
    await setTimeout(LOOK_MS);
  }
}

async function untilCommissioned(market: TestMarket): Promise<void> {
  await until(async () => {
    const { summary, stalls } = await gridOf(market);
    const switching = stalls.filter(({ meters }) => meters.some((meter) => meter.switching)).map(({ code }) => code);
    return summary.metersRead < summary.meters ? ['every meter read', ...switching] : switching;
  });
}

/** Lets it all happen, and waits until the grid shows it. */
async function play(market: TestMarket): Promise<Record<Scene, Stage>> {
  const stages = stagesOf(market.site);
  const meter = (scene: Scene) => market.simulator.electricity(stages[scene].electricity);
  await untilCommissioned(market);

  meter('stuck').stuck = true;
  for (const scene of ['cut', 'stuck'] as const) meter(scene).setLoad(HEAVY_LOAD_W);
  for (const scene of ['forcedOn', 'forcedOff'] as const) {
    const { meters } = await market.stall(stages[scene].code);
    await market.override(meters[0]?.meterId ?? '', scene === 'forcedOn' ? 'forced_on' : 'forced_off');
  }
  meter('hold').forceDecrease();
  meter('offline').disconnect();
  const used = new Set(Object.values(stages).map(({ code }) => code));
  const payers = market.site.accounts.filter(({ stalls: [code] }) => code && !used.has(code));
  for (const [i, amountFen] of TOP_UPS_FEN.entries()) await market.topUp(payers[i]?.stalls[0] ?? '', amountFen);

  await until(async () => {
    const { stalls } = await gridOf(market);
    const cells = new Map(stalls.map((cell) => [cell.code, cell]));
    const missing = SCENE_NAMES.filter((scene) => cells.get(stages[scene].code)?.state !== SCENES[scene].shows);
    const open = cells.get(stages.cut.code)?.meters.filter(({ switchState }) => switchState !== 'off') ?? [];
    return [...missing, ...open.map(({ kind }) => `${kind} off`)];
  });
  return stages;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(IMAGES, name), animations: 'disabled' });
  say(`docs/images/${name}`);
}

async function takePictures(page: Page, market: TestMarket, cut: Stage): Promise<void> {
  await page.setViewportSize(DESKTOP);
  await signIn(page, market, firstAdmin(market));
  const show = async (lang: 'zh-CN' | 'en', isDark: boolean) => {
    const html = page.locator('html');
    if ((await html.getAttribute('lang')) !== lang) await page.getByTestId('language').click();
    if ((await page.locator('html.dark').count()) > 0 !== isDark) await page.getByTestId('theme').click();
    await page.mouse.move(0, 0);
    await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  };
  for (const [lang, ending] of [
    ['zh-CN', '.zh-CN.png'],
    ['en', '.png'],
  ] as const) {
    await show(lang, false);
    await picture(page, `grid${ending}`);
    await openStall(page, cut.code);
    await picture(page, `stall${ending}`);
    await page.getByTestId('stall-close').click();
    await page.getByTestId('stall-panel').waitFor({ state: 'detached' });
    await takeDevicePictures(page, market, cut, ending);
    await page.goto(`${market.server.httpUrl}/stalls`);
    await cardOf(page, cut.code).waitFor();
  }
  await show('en', true);
  await picture(page, 'dark.png');
  await show('en', false);
  await page.setViewportSize(PHONE);
  await page.reload();
  await cardOf(page, cut.code).waitFor();
  await show('en', false);
  await picture(page, 'phone.png');
}

/** The register, the collector, and one meter that is read by hand. */
async function takeDevicePictures(page: Page, market: TestMarket, cut: Stage, ending: string): Promise<void> {
  const open = (path: string) => page.goto(`${market.server.httpUrl}${path}`);
  const params = { marketId: market.marketId };
  const { meters } = await market.api('meters', { params, query: { text: cut.electricity } });
  await open('/meters');
  await page.getByTestId('meters-row').first().waitFor();
  await picture(page, `meters${ending}`);
  await open(`/meters/${meters[0]?.meterId ?? ''}`);
  await page.getByTestId('read-now').click();
  await page.getByTestId('read-values').waitFor();
  await picture(page, `meter${ending}`);
  await open('/collector/frames');
  await page.getByTestId('frames-hold').click();
  await page.getByTestId('frame-row').first().locator('summary').click();
  await picture(page, `frames${ending}`);
  await page.setViewportSize(PHONE);
  await open(`/field?q=${cut.electricity}`);
  await page.getByTestId('read-now').waitFor();
  await picture(page, `field${ending}`);
  await page.setViewportSize(DESKTOP);
}

const built = spawnSync(join(ROOT, 'node_modules/.bin/vite'), ['build', 'apps/console', '--logLevel', 'warn'], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (built.status !== 0) process.exit(1);
await mkdir(IMAGES, { recursive: true });
const market = await startTestMarket({
  stalls: 474,
  speed: 60,
  connectWithinMs: 20_000,
  consoleDir: join(ROOT, 'apps/console/dist'),
  prepare: withSceneBalances,
});
const browser = await openBrowser(DESKTOP);
try {
  say('The market is running; now the scenes are played.');
  const stages = await play(market);
  await takePictures(await browser.context.newPage(), market, stages.cut);
} finally {
  await browser.close();
  await market.stop();
}
