import { zonedParts } from '@openprepay/kernel';

const two = (value: number): string => String(value).padStart(2, '0');

export interface ZonedText {
  /** `2026-03-02` */
  readonly day: string;
  /** `14:05` */
  readonly minute: string;
  /** `14:05:09` */
  readonly second: string;
}

/** An instant as the market's wall clock shows it; the same digits in every language. */
export function inZone(instant: string | Date, zone: string): ZonedText {
  const parts = zonedParts(new Date(instant), zone);
  const minute = `${two(parts.hour)}:${two(parts.minute)}`;
  return {
    day: `${parts.year}-${two(parts.month)}-${two(parts.day)}`,
    minute,
    second: `${minute}:${two(parts.second)}`,
  };
}

/** `2026-03-02 14:05:09` */
export function formatInstant(instant: string | Date, zone: string): string {
  const { day, second } = inZone(instant, zone);
  return `${day} ${second}`;
}

/** `14:05:09` on the market's present day, `03-02 14:05` on another. */
export function formatShortInstant(instant: string, now: Date, zone: string): string {
  const then = inZone(instant, zone);
  return then.day === inZone(now, zone).day ? then.second : `${then.day.slice(5)} ${then.minute}`;
}
