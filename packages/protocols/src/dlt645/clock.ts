import type { ZonedParts } from '@openprepay/kernel';
import { wallClock } from '../wall-clock.ts';

const CENTURY = 2000;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const pairsOf = (text: string): readonly string[] => text.match(/../g) ?? [];
const two = (value: number): string => String(value).padStart(2, '0');

/**
 * The digits that show a wall clock.
 * @param layout of YY MM DD WW hh mm ss, in any order, for example `YYMMDDhhmmss`
 */
export function digitsOfClock(clock: ZonedParts, layout: string): string {
  const fields: Readonly<Record<string, number>> = {
    YY: clock.year % 100,
    MM: clock.month,
    DD: clock.day,
    WW: clock.weekday,
    hh: clock.hour,
    mm: clock.minute,
    ss: clock.second,
  };
  return pairsOf(layout)
    .map((name) => two(fields[name] ?? 0))
    .join('');
}

/** The wall clock that digits show, in this century; null if there is no such time, or if the layout has no date. */
export function clockOfDigits(digits: string, layout: string): ZonedParts | null {
  const values = pairsOf(digits).map(Number);
  const fields = Object.fromEntries(pairsOf(layout).map((name, at) => [name, values[at] ?? Number.NaN]));
  const { YY, MM, DD, hh = 0, mm = 0, ss = 0 } = fields;
  if (YY === undefined || MM === undefined || DD === undefined || digits.length !== layout.length) return null;
  return wallClock({ year: CENTURY + YY, month: MM, day: DD, hour: hh, minute: mm, second: ss });
}

/** `2610121530` with `YYMMDDhhmm` → `26-10-12 15:30`. Digits that are no time, 99 for any, stay as they are. */
export function formatDigits(digits: string, layout: string): string {
  const pairs = pairsOf(digits);
  const parts = pairsOf(layout).map((name, at) => ({ name, pair: pairs[at] ?? '' }));
  const join = (names: string, separator: string) =>
    parts
      .filter(({ name }) => names.includes(name))
      .map(({ pair }) => pair)
      .join(separator);
  const rest = parts.flatMap(({ name, pair }) => {
    if (name === 'WW') return WEEKDAYS[Number(pair)] ?? `weekday ${pair}`;
    return name === 'NN' ? `table ${pair}` : [];
  });
  return [join('YYMMDD', '-'), join('hhmmss', ':'), ...rest].filter((part) => part !== '').join(' ');
}
