import { expect, test } from 'vitest';
import { LOAD_SLOT_MS, type LoadModel, loadAt } from './load.ts';
import type { StallType } from './site.ts';

const HOUR_MS = 3_600_000;
/** Midnight of a Tuesday in Shanghai. */
const MIDNIGHT = new Date('2026-03-02T16:00:00Z').getTime();

const model = (stallType: StallType, kind: LoadModel['kind'] = 'electricity', serial = '1', seed = 1): LoadModel => ({
  kind,
  stallType,
  ctRatio: 1,
  seed,
  serial,
  zone: 'Asia/Shanghai',
});

function averageAt(hour: number, stallType: StallType, kind: LoadModel['kind'] = 'electricity'): number {
  let sum = 0;
  for (let meter = 0; meter < 50; meter++) {
    for (let slot = 0; slot < 6; slot++) {
      sum += loadAt(model(stallType, kind, String(meter)), MIDNIGHT + hour * HOUR_MS + slot * LOAD_SLOT_MS);
    }
  }
  return sum / 300;
}

test('vegetable stalls draw most in the wholesale hours before dawn and next to nothing at night', () => {
  expect(averageAt(4, 'vegetables')).toBeGreaterThan(5 * averageAt(23, 'vegetables'));
  expect(averageAt(4, 'vegetables')).toBeGreaterThan(1.5 * averageAt(13, 'vegetables'));
});

test('cold stores and fish tanks draw power day and night', () => {
  for (const trade of ['cold_store', 'fish'] as const) {
    expect(averageAt(1, trade)).toBeGreaterThan(averageAt(13, trade) / 2);
  }
});

test('fish and meat use much water by day, dry goods next to none, and nobody much at night', () => {
  expect(averageAt(8, 'fish', 'water')).toBeGreaterThan(100);
  expect(averageAt(8, 'meat', 'water')).toBeGreaterThan(30);
  expect(averageAt(8, 'dry_goods', 'water')).toBeLessThan(3);
  expect(averageAt(1, 'fish', 'water')).toBeLessThan(averageAt(8, 'fish', 'water') / 10);
});

test('load is the same for the same seed, constant within a slot, and another for another seed', () => {
  const at = MIDNIGHT + 9 * HOUR_MS;
  const day = (seed: number) =>
    Array.from({ length: 144 }, (_, slot) => loadAt(model('meat', 'electricity', '1', seed), at + slot * LOAD_SLOT_MS));
  expect(day(1)).toEqual(day(1));
  expect(day(1)).not.toEqual(day(2));
  expect(loadAt(model('meat'), at + LOAD_SLOT_MS - 1)).toBe(loadAt(model('meat'), at));
});

test('behind current transformers the register sees the load divided by the ratio', () => {
  const at = MIDNIGHT + 13 * HOUR_MS;
  const direct = loadAt(model('cold_store'), at);
  const behindCt = loadAt({ ...model('cold_store'), ctRatio: 40 }, at);
  expect(behindCt).toBe(Math.floor((direct * 4) / 40));
});
