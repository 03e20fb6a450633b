import { defineConfig } from 'vitest/config';

/** Of properties so many cases: a mutant has to be found by each test that reaches it, again and again. */
const MAX_RUNS = 60;

/** The tests of kernel and domain as the mutation run needs them: no database, and properties cut short. */
export default defineConfig({
  plugins: [
    {
      name: 'short-properties',
      enforce: 'pre',
      transform: (code, id) =>
        id.endsWith('.test.ts')
          ? code.replace(
              /numRuns: ([\d_]+)/g,
              (_, runs: string) => `numRuns: ${Math.min(MAX_RUNS, Number(runs.replaceAll('_', '')))}`,
            )
          : null,
    },
  ],
  test: {
    environment: 'node',
    include: ['packages/kernel/src/**/*.test.ts', 'packages/domain/src/**/*.test.ts'],
    // A million decisions a mutant would take days; the table and the properties beside it decide.
    exclude: ['**/random-decisions.test.ts'],
    testTimeout: 20_000,
  },
});
