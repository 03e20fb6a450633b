/** How today stands beside yesterday: whole percent more (or less), or nothing to compare with. */
export function changeOf(
  today: number,
  yesterday: number,
): { readonly is: 'more' | 'less' | 'same' | 'unknown'; readonly percent: number } {
  if (yesterday <= 0) return { is: 'unknown', percent: 0 };
  const percent = Math.round(((today - yesterday) * 100) / yesterday);
  if (percent === 0) return { is: 'same', percent };
  return { is: percent > 0 ? 'more' : 'less', percent: Math.abs(percent) };
}

export interface HourPair {
  readonly today: number | null;
  readonly yesterday: number | null;
}

export interface HourBar {
  /** Of the whole height, 0 to 100. */
  readonly today: number;
  readonly yesterday: number;
}

/** Bars of both days to one scale. What was given back in an hour (a reversal of an earlier one's) has no bar. */
export function hourBars(hours: readonly HourPair[]): HourBar[] {
  const most = Math.max(1, ...hours.flatMap(({ today, yesterday }) => [today ?? 0, yesterday ?? 0]));
  const share = (value: number | null) => (100 * Math.max(0, value ?? 0)) / most;
  return hours.map(({ today, yesterday }) => ({ today: share(today), yesterday: share(yesterday) }));
}

/** Where an hour of the day begins. */
export const hourText = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
