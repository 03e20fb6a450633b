import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { type Program, startProgram } from '../system/program.ts';
import { freePort } from '../system/support.ts';

/*
 * The newcomer's first ten minutes, as the README tells them: an empty installation, one simulated meter that calls in, and a
 * person at the console. The same steps make the README's pictures.
 */

const COMMAND = join(import.meta.dirname, '../../apps/cli/bin/openprepay.mjs');
const WAIT = { timeout: 90_000 };
export const SERIAL = '20260300000001';

export interface EmptyPlace {
  readonly program: Program;
  readonly dataDir: string;
  /** `openprepay simulate meter`, in a process of its own. */
  meterCallsIn(): Promise<void>;
  stop(): Promise<void>;
}

export async function startEmpty(): Promise<EmptyPlace> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openprepay-tour-'));
  // As root the database runs as another user, who must get in here.
  await chmod(dataDir, 0o755);
  const ports = ['--http-port', String(await freePort()), '--device-port', String(await freePort())];
  const program = await startProgram(['--data', dataDir, ...ports]);
  let meter: ChildProcess | undefined;
  return {
    program,
    dataDir,
    async meterCallsIn() {
      const args = ['simulate', 'meter', '--serial', SERIAL, '--device-port', String(program.devicePort)];
      meter = spawn(process.execPath, [COMMAND, ...args, '--load', '1500'], { stdio: ['ignore', 'ignore', 'pipe'] });
      const { stderr } = meter;
      if (stderr) await new Promise<void>((done) => createInterface({ input: stderr }).once('line', () => done()));
    },
    async stop() {
      if (meter) {
        const gone = new Promise((done) => meter?.once('exit', done));
        meter.kill('SIGTERM');
        await gone;
      }
      await program.end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type TourPicture = (name: string) => Promise<void>;

const stepIs = (page: Page, step: string, state: 'next' | 'done') =>
  page.locator(`[data-step="${step}"][data-state="${state}"]`).waitFor(WAIT);

/** Signs in; an installation without a market opens the wizard by itself. */
export async function begin(page: Page, { program }: EmptyPlace, picture: TourPicture): Promise<void> {
  await page.goto(program.httpUrl);
  await page.getByTestId('login').fill(program.firstAdmin?.login ?? '');
  await page.getByTestId('password').fill(program.firstAdmin?.password ?? '');
  await page.getByTestId('submit').click();
  await stepIs(page, 'market', 'next');
  await picture('1-welcome');
}

export async function makeMarket(
  page: Page,
  words: { readonly market: string; readonly building: string },
): Promise<void> {
  await page.getByTestId('welcome-market-name').fill(words.market);
  await page.getByTestId('welcome-market').click();
  await stepIs(page, 'building', 'next');
  await page.getByTestId('welcome-building-name').fill(words.building);
  await page.getByTestId('welcome-building').click();
  await stepIs(page, 'stalls', 'next');
  await page.getByTestId('welcome-stall-codes').fill('A-001\nA-002\nA-003');
  await page.getByTestId('welcome-stalls').click();
  await stepIs(page, 'meter', 'next');
}

export async function claimMeter(page: Page, place: EmptyPlace, picture: TourPicture): Promise<void> {
  await place.meterCallsIn();
  await page.getByTestId('welcome-claim').waitFor(WAIT);
  await picture('2-meter');
  await page.getByTestId('welcome-claim').click();
  await page.getByTestId('meter-model').click();
  await page.keyboard.type('DDSY1352-NK');
  await page.getByRole('option', { name: /^DDSY1352-NK / }).click();
  await page.getByTestId('form-submit').click();
  await stepIs(page, 'meter', 'done');
}

export async function setPrice(page: Page, picture: TourPicture): Promise<void> {
  await stepIs(page, 'price', 'next');
  await page.getByTestId('welcome-price-electricity').fill('0.85');
  await picture('3-price');
  await page.getByTestId('welcome-price').click();
  await stepIs(page, 'account', 'next');
}

export async function openAccount(
  page: Page,
  words: { readonly customer: string; readonly reason: string },
  picture: TourPicture,
): Promise<void> {
  await page.getByTestId('welcome-open-account').click();
  await page.getByTestId('account-number').fill('0001');
  await page.getByTestId('account-customer').fill(words.customer);
  await page.getByTestId('account-reason').fill(words.reason);
  await picture('4-account');
  await page.getByTestId('open-account').click();
  await stepIs(page, 'topUp', 'next');
}

export async function firstTopUp(page: Page, picture: TourPicture): Promise<void> {
  await page.getByTestId('welcome-top-up').click();
  await page.getByTestId('topup-amount').fill('100');
  await page.getByTestId('topup-submit').click();
  await page.getByTestId('topup-done').click(WAIT);
  await page.getByTestId('topup-done').waitFor({ state: 'detached' });
  await page.getByTestId('welcome-done').waitFor(WAIT);
  await picture('5-done');
}

/** Off by hand and back to the balance's own decision; both count once the meter itself reads back. */
export async function cutAndRestore(
  page: Page,
  { program }: EmptyPlace,
  reason: string,
  picture: TourPicture,
): Promise<void> {
  const switchIs = (state: string) =>
    page.locator(`[data-testid="meter-switch-state"][data-kind="electricity"][data-state="${state}"]`).waitFor(WAIT);
  const override = async (to: 'auto' | 'forced_off') => {
    await page.getByTestId(`override-${to}`).click();
    await page.getByTestId('reason-input').fill(reason);
    await page.getByTestId('reason-confirm').click();
    await page.getByTestId('reason-input').waitFor({ state: 'hidden' });
  };
  await page.goto(`${program.httpUrl}/stalls`);
  await page.locator('[data-testid="stall-card"][data-stall-code="A-001"]').click();
  await switchIs('on');
  await override('forced_off');
  await switchIs('off');
  await picture('6-cut');
  await override('auto');
  await switchIs('on');
  await picture('7-restored');
}
