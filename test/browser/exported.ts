import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** The list on the page, taken along as a file by its own button. */
export async function exported(page: Page, format: 'csv'): Promise<string> {
  await page.getByTestId('list-export').click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId(`export-${format}`).click()]);
  return readFile(await file.path(), 'utf8');
}
