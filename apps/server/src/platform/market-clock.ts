import { type Clock, type ClockAnchor, scaledClock, systemClock } from '@openprepay/kernel';
import type { Database } from './database.ts';

const SETTING = 'clock_anchor';

/**
 * The business clock of this installation: real time, unless a demonstration runs faster. The anchor is kept in the
 * database, so that after a restart market time goes on and never goes back; a change of speed goes on from now.
 * Without a speed the clock runs as it was last set.
 */
export async function openMarketClock(db: Database, speed?: number): Promise<{ clock: Clock; anchor: ClockAnchor }> {
  const rows = await db.query<{ value: ClockAnchor }>('select value from setting where name = $1', [SETTING]);
  const stored = rows[0]?.value;
  if (stored && (speed === undefined || stored.speed === speed)) return { clock: clockOf(stored), anchor: stored };
  const real = systemClock.now().getTime();
  const anchor: ClockAnchor = {
    anchorRealMs: real,
    anchorMarketMs: stored ? scaledClock(stored).now().getTime() : real,
    speed: speed ?? 1,
  };
  if (stored || anchor.speed !== 1) {
    await db.query(
      'insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
      [SETTING, JSON.stringify(anchor)],
    );
  }
  return { clock: clockOf(anchor), anchor };
}

const clockOf = (anchor: ClockAnchor): Clock =>
  anchor.speed === 1 && anchor.anchorMarketMs === anchor.anchorRealMs ? systemClock : scaledClock(anchor);
