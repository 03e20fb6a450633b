import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitTiles, ICON_FROM, rowsOf, WORDS_FROM } from './fit.ts';

const FULL_HD = { width: 1_880, height: 820 };
const ULTRA_HD = { width: 3_780, height: 1_850 };

test('a small market has large tiles with words, ten thousand stalls are still all there', () => {
  expect(fitTiles(FULL_HD, [40, 20]).width).toBeGreaterThan(150);
  expect(fitTiles(FULL_HD, [120, 120]).width).toBeGreaterThanOrEqual(WORDS_FROM);
  const thousands = fitTiles(FULL_HD, Array<number>(20).fill(500));
  expect(thousands.width).toBeGreaterThanOrEqual(ICON_FROM - 2);
  expect(fitTiles(ULTRA_HD, Array<number>(20).fill(500)).width).toBeGreaterThanOrEqual(20);
});

test('whatever the market and the screen, everything fits and no larger tile would', () => {
  fc.assert(
    fc.property(
      fc.record({ width: fc.integer({ min: 800, max: 7_680 }), height: fc.integer({ min: 500, max: 4_320 }) }),
      fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 30 }),
      (screen, buildings) => {
        const fit = fitTiles(screen, buildings);
        expect(fit.columns * (fit.width + fit.gap) - fit.gap).toBeLessThanOrEqual(screen.width);
        expect(rowsOf(fit, buildings) * (fit.height + fit.gap) - fit.gap).toBeLessThanOrEqual(screen.height);
        expect(fit.columns * rowsOf(fit, buildings)).toBeGreaterThanOrEqual(
          buildings.reduce((sum, one) => sum + one, 0),
        );
      },
    ),
  );
});
