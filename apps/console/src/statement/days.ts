import type { Statement } from '@openprepay/contract';
import { businessDay } from '@openprepay/kernel';

type Line = Statement['lines'][number];
type What = 'electricity' | 'water' | 'in' | 'out';

/** What moved on one day of business, and the balance it ended with. */
export interface StatementDay {
  readonly day: string;
  readonly sumsFen: Readonly<Record<What, number>>;
  readonly balanceFen: number;
}

const whatIs = ({ charge, amountFen }: Line): What => charge?.kind ?? (amountFen > 0 ? 'in' : 'out');

/** Lines, oldest first, summed by day: charges by kind, and all else by its direction. */
export function daysOf(lines: readonly Line[], timeZone: string): StatementDay[] {
  const days = new Map<string, { sumsFen: Record<What, number>; balanceFen: number }>();
  for (const line of lines) {
    const day = businessDay(new Date(line.at), timeZone);
    const sums = days.get(day) ?? { sumsFen: { electricity: 0, water: 0, in: 0, out: 0 }, balanceFen: 0 };
    sums.sumsFen[whatIs(line)] += line.amountFen;
    sums.balanceFen = line.balanceFen;
    days.set(day, sums);
  }
  return [...days].map(([day, sums]) => ({ day, ...sums }));
}
