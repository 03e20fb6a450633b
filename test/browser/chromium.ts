import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { findChromium } from '../../scripts/browser.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/** A real Chromium with a profile of its own. */
export async function openBrowser(options: {
  width: number;
  height: number;
  dark?: boolean;
  locale?: string;
}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'openprepay-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await findChromium(() => {}),
    args: FLAGS,
    headless: true,
    viewport: { width: options.width, height: options.height },
    colorScheme: options.dark ? 'dark' : 'light',
    locale: options.locale ?? 'zh-CN',
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
