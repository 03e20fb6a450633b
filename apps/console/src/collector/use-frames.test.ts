import type { CollectorFrame } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { withNewer } from './use-frames.ts';

const frames = (...seqs: number[]) => seqs.map((seq) => ({ seq }) as CollectorFrame);

test('what is heard comes before what is shown, newest first, each once, and no more than a page', () => {
  expect(withNewer(frames(5, 4), frames(4, 5, 6, 7), 10)).toEqual(frames(7, 6, 5, 4));
  expect(withNewer(frames(5, 4), frames(6, 7), 3)).toEqual(frames(7, 6, 5));
  expect(withNewer([], frames(0, 1), 3)).toEqual(frames(1, 0));
  expect(withNewer(frames(9), frames(3), 3)).toEqual(frames(9));
});
