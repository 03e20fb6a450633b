import { instantOf } from '@openprepay/kernel';
import type { Face } from './face.ts';
import type { Freeze } from './freezes.ts';
import { energyBytes, localOf, minuteBytes } from './values.ts';

/** What may follow the data id when load records are read: how many blocks, and from when on (`YYMMDDhhmm`). */
export interface RecordsAsked {
  readonly blocks: number | null;
  readonly since: string | null;
}

/** More blocks than this are not sent at once: three frames. */
const BLOCKS_MOST = 18;
const HEAD = [0xa0, 0xa0];
const CLASS_END = 0xaa;
const END = 0xe5;
/** Export energy and the two reactive ones of class 4: nothing flows back, and nobody pays for it. */
const NOTHING = energyBytes(0);

/**
 * Load records of class 4, energy, noted at each full hour: 06040000 the earliest, 06040001 from a time on, 06040002 the
 * latest. Null where there is none.
 */
export function loadRecords({ freezes, zone }: Face, dataId: string, asked: RecordsAsked): number[] | null {
  const [, which] = /^060[04]000([012])$/.exec(dataId) ?? [];
  if (which === undefined) return null;
  const all = freezes.all('hourly');
  const count = Math.min(asked.blocks ?? 1, BLOCKS_MOST);
  const chosen =
    which === '2' ? all.slice(-count) : from(all, which === '1' ? asked.since : null, zone).slice(0, count);
  return chosen.length === 0 ? null : chosen.flatMap((freeze) => block(freeze, zone));
}

function from(all: readonly Freeze[], since: string | null, zone: string): readonly Freeze[] {
  if (since === null) return all;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = (since.match(/../g) ?? []).map(Number);
  const sinceMs = instantOf({ year: 2000 + year, month, day, hour, minute, second: 0 }, zone).getTime();
  return all.filter(({ clockMs }) => clockMs >= sinceMs);
}

function block({ clockMs, ticks }: Freeze, zone: string): number[] {
  const energies = [...energyBytes(ticks.total), ...NOTHING, ...NOTHING, ...NOTHING];
  const none = [CLASS_END];
  const contents = [
    ...minuteBytes(localOf(clockMs, zone)),
    ...none,
    ...none,
    ...none,
    ...energies,
    CLASS_END,
    ...none,
    ...none,
  ];
  const checked = [...HEAD, contents.length, ...contents];
  return [...checked, checked.reduce((sum, byte) => (sum + byte) & 0xff, 0), END];
}
