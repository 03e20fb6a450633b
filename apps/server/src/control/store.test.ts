import { firstSite } from '@openprepay/simulator';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { importSite } from '../sites/import.ts';
import { evaluate } from './service.ts';
import { readFacts } from './store.ts';

const secrets = { appKey: 'k', appSecret: 's', masterKey: 'm', pushToken: 'push-token-of-the-test' };

/** As after a restore or an upgrade of PostgreSQL, before anything was analysed. */
const FORGET_STATISTICS = `
  delete from pg_statistic where starelid in (select oid from pg_class where relnamespace = 'public'::regnamespace);
  update pg_class set reltuples = -1, relpages = 0 where relnamespace = 'public'::regnamespace`;

test('a whole market is decided quickly even where PostgreSQL has no statistics of it', async () => {
  const clock = testClock();
  const ctx = await testContext(clock);
  const site = firstSite({ seed: 1, secrets, nbBaseUrl: 'http://127.0.0.1:1' });
  const { marketId } = await importSite(ctx.db, site, clock.now());
  await ctx.db.query(FORGET_STATISTICS);
  const startedAt = performance.now();
  const facts = await readFacts(ctx.db, { marketId }, clock.now());
  expect(facts).toHaveLength(891);
  await evaluate(ctx, { marketId });
  // It takes tenths of a second; a plan that tries everything with everything takes minutes.
  expect(performance.now() - startedAt).toBeLessThan(8_000);
});
