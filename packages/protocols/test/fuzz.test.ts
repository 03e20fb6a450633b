import { expect, test } from 'vitest';
import { fuzz, isGood } from '../test-support/fuzz.ts';

const FRAMES = 100_000;
const SEED = 7;
const PATIENCE_MS = 180_000;

test(
  `${FRAMES} mutated frames: no error but our own, no wrong checksum accepted, no buffer over its bound`,
  () => {
    const results = fuzz(FRAMES, SEED);
    expect(results.filter((result) => !isGood(result))).toEqual([]);
    expect(results.reduce((sum, { frames }) => sum + frames, 0)).toBeGreaterThanOrEqual(FRAMES);
    // Frames are reached behind their checksum, and many are refused: else nothing was tried.
    for (const { subject, accepted } of results) expect(accepted, subject).toBeGreaterThan(0);
    expect(results.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(FRAMES / 5);
  },
  PATIENCE_MS,
);
