/** Notes and coins that lie in a drawer, in fen, the greatest first. */
export const DENOMINATIONS_FEN = [100_00, 50_00, 20_00, 10_00, 5_00, 1_00, 50, 10] as const;

/** How many of each were counted; what is not there is none. */
export type Counts = Readonly<Partial<Record<number, number>>>;

export const countedFen = (counts: Counts): number =>
  DENOMINATIONS_FEN.reduce((sum, fen) => sum + fen * (counts[fen] ?? 0), 0);
