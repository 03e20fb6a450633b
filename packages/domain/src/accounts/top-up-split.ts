import { type Fen, fen } from '@openprepay/kernel';

export interface DebtTerms {
  /** What is left of an old debt; zero or more. */
  readonly owedFen: Fen;
  /** Of each top-up, 0 to 100. */
  readonly sharePercent: number;
  /** At most so much of one top-up; null: no such limit. */
  readonly capFen: Fen | null;
}

export interface TopUpSplit {
  readonly utilityFen: Fen;
  readonly debtFen: Fen;
}

/**
 * How a top-up is divided: a share repays an old debt, never more than is owed and never more than the cap, and the rest is
 * the tenant's to use. A share is rounded down to the fen, in the tenant's favour.
 */
export function splitTopUp(amountFen: Fen, { owedFen, sharePercent, capFen }: DebtTerms): TopUpSplit {
  const share = (amountFen * BigInt(sharePercent)) / 100n;
  const debtFen = least(owedFen, capFen === null ? share : least(share, capFen));
  return { utilityFen: fen(amountFen - debtFen), debtFen: fen(debtFen) };
}

// Stryker disable next-line EqualityOperator: of two alike either is the least
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
