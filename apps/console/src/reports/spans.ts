const DAY_MS = 86_400_000;
const dayText = (ms: number) => new Date(ms).toISOString().slice(0, 10);

export interface Span {
  /** Days of business, both included. */
  readonly from: string;
  readonly to: string;
}
export const SPAN_NAMES = ['today', 'week', 'month', 'lastMonth', 'year'] as const;
export type SpanName = (typeof SPAN_NAMES)[number];

/** The usual spans, as seen from a day of business. A week is the last seven days. */
export function spanOf(name: SpanName, today: string): Span {
  const [year = '', month = ''] = today.split('-');
  const firstOfMonth = `${year}-${month}-01`;
  switch (name) {
    case 'today':
      return { from: today, to: today };
    case 'week':
      return { from: dayText(Date.parse(today) - 6 * DAY_MS), to: today };
    case 'month':
      return { from: firstOfMonth, to: today };
    case 'lastMonth': {
      const to = dayText(Date.parse(firstOfMonth) - DAY_MS);
      return { from: `${to.slice(0, 7)}-01`, to };
    }
    case 'year':
      return { from: `${year}-01-01`, to: today };
  }
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** A day that an address names, or another where it names none. */
export const dayOr = (value: unknown, other: string): string =>
  typeof value === 'string' && DAY.test(value) && !Number.isNaN(Date.parse(value)) ? value : other;

/** The day after. */
export const nextDay = (day: string): string => dayText(Date.parse(day) + DAY_MS);
