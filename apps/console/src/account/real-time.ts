import { inZone } from '../format/time.ts';

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What people do by real time, where they are: signing in, keys that end. `2026-03-02 14:05` */
export function realTime(instant: string): string {
  const { day, minute } = inZone(instant, zone);
  return `${day} ${minute}`;
}
