import { fen, ZERO_FEN } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitTopUp } from './index.ts';

const amount = fc.bigInt({ min: 1n, max: 100_000_000n }).map(fen);
const owed = fc.bigInt({ min: 0n, max: 100_000_000n }).map(fen);
const sharePercent = fc.integer({ min: 0, max: 100 });
const capFen = fc.option(fc.bigInt({ min: 1n, max: 10_000_000n }).map(fen));

test.each([
  ['nothing is owed', 10_000n, 0n, 30, null, 0n],
  ['a share, rounded down', 1_001n, 5_000n, 30, null, 300n],
  ['the last of the debt', 10_000n, 2_999n, 30, null, 2_999n],
  ['exactly the share is owed', 10_000n, 3_000n, 30, null, 3_000n],
  ['the cap', 10_000n, 5_000n, 30, 2_000n, 2_000n],
  ['less than the cap', 10_000n, 5_000n, 10, 2_000n, 1_000n],
  ['all of it', 10_000n, 50_000n, 100, null, 10_000n],
  ['no share', 10_000n, 50_000n, 0, null, 0n],
])('of a top-up goes to an old debt: %s', (_, amountFen, owedFen, share, cap, debtFen) => {
  const terms = { owedFen: fen(owedFen), sharePercent: share, capFen: cap === null ? null : fen(cap) };
  expect(splitTopUp(fen(amountFen), terms)).toEqual({ utilityFen: fen(amountFen - debtFen), debtFen: fen(debtFen) });
});

test('a split adds up, takes no more than is owed, than the cap or than the share, and nothing below zero', () => {
  fc.assert(
    fc.property(amount, owed, sharePercent, capFen, (amountFen, owedFen, share, cap) => {
      const { utilityFen, debtFen } = splitTopUp(amountFen, { owedFen, sharePercent: share, capFen: cap });
      const isSound =
        utilityFen + debtFen === amountFen &&
        utilityFen >= ZERO_FEN &&
        debtFen >= ZERO_FEN &&
        debtFen <= owedFen &&
        (cap === null || debtFen <= cap) &&
        debtFen * 100n <= amountFen * BigInt(share);
      const isAllThatMayBe =
        debtFen === owedFen || debtFen === cap || (debtFen + 1n) * 100n > amountFen * BigInt(share);
      return isSound && isAllThatMayBe;
    }),
    { numRuns: 100_000 },
  );
});

test('a debt is repaid in the end and never turns into credit, whatever is paid in whatever amounts', () => {
  fc.assert(
    fc.property(owed, fc.array(amount, { maxLength: 20 }), sharePercent, capFen, (debt, payments, share, cap) => {
      let left = debt;
      let used = 0n;
      for (const payment of payments) {
        const { utilityFen, debtFen } = splitTopUp(payment, { owedFen: left, sharePercent: share, capFen: cap });
        left = fen(left - debtFen);
        used += utilityFen;
      }
      return left >= 0n && used + debt - left === payments.reduce((sum, one) => sum + one, 0n);
    }),
    { numRuns: 20_000 },
  );
});
