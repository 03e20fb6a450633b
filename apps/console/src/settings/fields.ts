import { fen, formatYuan, parseYuan } from '@openprepay/kernel';

const MINUTE_S = 60;
const MAX_YUAN_DIGITS = 7;

const plain = (typed: string): string => typed.normalize('NFKC').replace(/[\s,¥]/g, '');

/** Yuan as a person types them, into whole fen, never through a float; null where it is no amount. Zero is one. */
export function fenOf(typed: string): number | null {
  const text = plain(typed);
  if (!new RegExp(`^\\d{1,${MAX_YUAN_DIGITS}}(\\.\\d{1,2})?$`).test(text)) return null;
  return Number(parseYuan(text.replace(/^0+(?=\d)/, '')));
}

/** A whole number of at most six digits; null where it is none. */
export function wholeOf(typed: string): number | null {
  const text = plain(typed);
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}

export const secondsOf = (typed: string): number | null => {
  const minutes = wholeOf(typed);
  return minutes === null ? null : minutes * MINUTE_S;
};

export const isBlank = (typed: string): boolean => plain(typed) === '';
export const yuanText = (amountFen: number): string => formatYuan(fen(amountFen));
/** A part of a minute counts as one more: what is shown is never less than what holds. */
export const minutesText = (seconds: number): string => String(Math.ceil(seconds / MINUTE_S));

/** Wall time as `09:30`, where `24:00` is the end of a day. */
export const isWallTime = (typed: string, mayEnd: boolean): boolean =>
  /^([01]\d|2[0-3]):[0-5]\d$/.test(typed) || (mayEnd && typed === '24:00');
