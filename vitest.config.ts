import { defineConfig } from 'vitest/config';

const common = { environment: 'node', testTimeout: 20_000, hookTimeout: 60_000 } as const;

/** unit: beside the code, with real PostgreSQL where a test asks for it · system: the whole program · browser: in Chromium. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: [
            'packages/**/*.test.ts',
            'apps/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
            'test/tidy/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['apps/server/test-support/global-setup.ts'],
          setupFiles: ['apps/server/test-support/patient.ts'],
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...common,
          name: 'system',
          include: ['test/system/**/*.test.ts', 'test/browser/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
