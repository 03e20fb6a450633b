import type { ShadowAccount } from '@openprepay/contract';

export interface SpreadBar {
  readonly label: string;
  readonly side: 'less' | 'same' | 'more';
  readonly accounts: number;
}

const BORDERS = [5, 10, 20];

/** How many accounts would pay so many per cent more or less, the most less first. */
export function spreadOf(rows: readonly Pick<ShadowAccount, 'chargedFen' | 'wouldBeFen'>[]): SpreadBar[] {
  const counts = new Map<number, number>();
  for (const { chargedFen, wouldBeFen } of rows) {
    const difference = wouldBeFen - chargedFen;
    const place = BORDERS.findIndex((border) => Math.abs(difference) * 100 <= border * Math.abs(chargedFen));
    const size = (place === -1 ? BORDERS.length : place) + 1;
    const key = Math.sign(difference) * (difference === 0 ? 0 : size);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const label = (key: number) => {
    const sign = key < 0 ? '−' : '+';
    const [low, high] = [BORDERS[Math.abs(key) - 2] ?? 0, BORDERS[Math.abs(key) - 1]];
    if (key === 0) return '0';
    return high === undefined ? `${sign}${low} % …` : `${sign}${low}…${high} %`;
  };
  const keys = Array.from({ length: 2 * BORDERS.length + 3 }, (_, index) => index - BORDERS.length - 1);
  return keys.map((key) => ({
    label: label(key),
    side: key < 0 ? 'less' : key > 0 ? 'more' : 'same',
    accounts: counts.get(key) ?? 0,
  }));
}
