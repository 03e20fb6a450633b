import type { SettleCost, SettleFigures } from './settle-run.ts';

export const SETTLE_GOAL = 0.8;

/** The figures as a person reads them. */
export function settleLines({
  accounts,
  median,
  low,
  high,
  oursPerS,
  baselinePerS,
  ours,
  baseline,
}: SettleFigures): string[] {
  return [
    `P3  settlement of ${accounts} accounts: flat, times of use by registers, steps; one new reading each`,
    `    accounts/s ÷ one SQL statement of the same rules ${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})      goal ≥ ${SETTLE_GOAL}`,
    `    ours     ${line(oursPerS, ours)}`,
    `    baseline ${line(baselinePerS, baseline)}`,
    `    ${low >= SETTLE_GOAL ? 'met' : 'MISSED'}`,
  ];
}

const line = (perS: number, { commits, rowsPerAccount, walBytesPerAccount }: SettleCost) =>
  `${Math.round(perS)} accounts/s, ${commits.toFixed(1)} commits, ${rowsPerAccount.toFixed(2)} rows and ${Math.round(walBytesPerAccount)} bytes of WAL an account`;
