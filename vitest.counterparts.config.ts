import { defineConfig } from 'vitest/config';

/** Against programs that others wrote and that npm does not have. What each test needs it says when it does not find it. */
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/counterparts/**/*.test.ts'],
    globalSetup: ['apps/server/test-support/global-setup.ts'],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
