import { defineConfig } from 'vitest/config';

/** Of properties so many cases: a mutant has to be found by each test that reaches it, again and again. */
const MAX_RUNS = 60;

/** The tests of kernel and domain as the mutation run needs them: no database, and properties cut short. */
export default defineConfig({
  plugins: [
    {
      name: 'short-properties',
      enforce: 'pre',
      transform(code, id) {
        if (!id.endsWith('.test.ts')) return null;
        const short = code.replace(
          /numRuns: ([\d_]+)/g,
          (_, runs: string) => `numRuns: ${Math.min(MAX_RUNS, Number(runs.replaceAll('_', '')))}`,
        );
        // One long property that slipped through makes hours of minutes.
        if (/numRuns: (?!\d)/.test(short)) throw new Error(`${id} does not say in a number how many cases it runs`);
        return short;
      },
    },
  ],
  test: {
    environment: 'node',
    include: ['packages/kernel/src/**/*.test.ts', 'packages/domain/src/**/*.test.ts'],
    // A million decisions a mutant would take days; the table and the properties beside it decide.
    exclude: ['**/random-decisions.test.ts'],
    // The files of one mutant share a worker; each mutant has its own, so that nothing which one made others remember stays.
    isolate: false,
    testTimeout: 10_000,
  },
});
