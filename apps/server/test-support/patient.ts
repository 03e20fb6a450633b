import { vi } from 'vitest';

/** What has not happened by then will not: a second, as the runner has it, is nothing on a machine that is busy elsewhere. */
const PATIENCE_MS = 10_000;

const { waitFor } = vi;
vi.waitFor = (callback, options = {}) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options });
