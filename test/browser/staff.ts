import type { Role } from '@openprepay/contract';
import type { Page } from 'playwright-core';
import { hashPassword } from '../../apps/server/src/identity/passwords.ts';
import type { TestMarket } from '../system/support.ts';

export interface Credentials {
  readonly login: string;
  readonly password: string;
}

/** The operator that a new installation makes. */
export function firstAdmin({ server }: TestMarket): Credentials {
  if (!server.firstAdmin) throw new Error('a new installation makes its first admin');
  return server.firstAdmin;
}

/** Another operator, as an administrator would make one. */
export async function addOperator({ db }: TestMarket, role: Role): Promise<Credentials> {
  const who = { login: `${role}-${crypto.randomUUID()}`, password: crypto.randomUUID() };
  await db.query(
    `insert into operator (operator_id, login, name, password_hash, role, created_at)
     values ($1, $2, $2, $3, $4, $5)`,
    [crypto.randomUUID(), who.login, await hashPassword(who.password), role, new Date()],
  );
  return who;
}

/** Ends the session there may be and signs in; the grid is there when it returns. */
export async function signIn(page: Page, { server }: TestMarket, who: Credentials): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${server.httpUrl}/sign-in`);
  await page.getByTestId('login').fill(who.login);
  await page.getByTestId('password').fill(who.password);
  await page.getByTestId('submit').click();
  await page.waitForURL(({ pathname }) => pathname !== '/sign-in');
  await page.goto(`${server.httpUrl}/stalls`);
  await page.getByTestId('stall-card').first().waitFor();
}

type Language = 'zh-CN' | 'en';

/** Shows the page in a language; its words are there when this returns. */
export async function speak(page: Page, language: Language): Promise<void> {
  const html = page.locator('html');
  if ((await html.getAttribute('lang')) !== language) await page.getByTestId('language').click();
  await page.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
}

export const cardOf = (page: Page, code: string) =>
  page.locator(`[data-testid="stall-card"][data-stall-code="${code}"]`);

/** Opens a stall's panel and waits for its meters. */
export async function openStall(page: Page, code: string): Promise<void> {
  await cardOf(page, code).click();
  await page.getByTestId('meter-switch-state').first().waitFor();
}
