import { fen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LedgerTransaction, type PurseKind, post } from '../ledger/index.ts';
import { evaluate } from './service.ts';
import { newWorld } from './test-support/world.ts';

const STALLS = Array.from({ length: 12 }, (_, at) => ({ code: `S${at}`, balanceFen: (at - 6) * 40 + 10 }));
const KINDS: readonly PurseKind[] = ['fees', 'deposit', 'debt'];

test('whatever is posted to the purses of fees, deposits and old debt, nothing else is wanted of any meter', async () => {
  const world = await newWorld(STALLS);
  for (const { code } of STALLS) await world.read(code);
  await evaluate(world.ctx, world);
  const wanted = () => Promise.all(STALLS.map(({ code }) => world.control(code)));
  const decided = await wanted();
  expect(new Set(decided.map(({ reason }) => reason)).size).toBeGreaterThan(1);
  const accounts = await world.ctx.db.query<{ account_id: string }>(
    'select account_id from account where market_id = $1',
    [world.marketId],
  );
  const at = world.clock.now();
  const moved = fc.tuple(
    fc.constantFrom(...accounts.map((row) => row.account_id)),
    fc.constantFrom(...KINDS),
    fc.integer({ min: -500_000, max: 500_000 }).filter((amount) => amount !== 0),
  );
  const property = fc.asyncProperty(fc.array(moved, { minLength: 1, maxLength: 10 }), async (all) => {
    const transactions = all.map(([accountId, kind, amountFen]): LedgerTransaction => {
      const txId = uuidV7(at);
      return {
        txId,
        kind: 'debt',
        idempotencyKey: txId,
        businessAt: at,
        recordedAt: at,
        operatorId: null,
        memo: null,
        lines: [
          { ledgerAccount: `purse.${kind}`, accountId, amountFen: fen(amountFen) },
          { ledgerAccount: 'opening', accountId: null, amountFen: fen(-amountFen) },
        ],
      };
    });
    await world.ctx.db.tx((tx) => post(tx, world.marketId, transactions));
    expect(await evaluate(world.ctx, world)).toBe(0);
  });
  await fc.assert(property, { numRuns: 60 });
  expect(await wanted()).toEqual(decided);
}, 60_000);
