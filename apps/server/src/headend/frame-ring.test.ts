import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameRing } from './frame-ring.ts';
import type { SeenFrame } from './trace.ts';

const AT = new Date(0);
const seen = (change: Partial<SeenFrame> = {}): SeenFrame => ({
  direction: 'up',
  link: 'acrel4g',
  linkKey: 'A',
  marketId: 'm1',
  meterId: null,
  protocol: 'acrel4g',
  bytes: Uint8Array.of(1, 2, 3),
  error: null,
  ...change,
});

test('frames of another market, or of nobody, are never found', () => {
  const ring = new FrameRing();
  for (const marketId of ['m1', 'm2', null]) ring.add(seen({ marketId }), AT);
  expect(ring.latest({ marketId: 'm1' }, 10).map((frame) => frame.seq)).toEqual([0]);
  expect(ring.since({ marketId: 'm2' }, 0, 10).frames.map((frame) => frame.seq)).toEqual([1]);
});

test('every part of a filter counts', () => {
  const ring = new FrameRing();
  const whole = { link: 'dtu', linkKey: 'B', meterId: 'x', direction: 'down', error: 'frame.bad_checksum' } as const;
  ring.add(seen(whole), AT);
  ring.add(seen(), AT);
  const { error: _, ...query } = whole;
  expect(ring.latest({ marketId: 'm1', ...query, errors: true }, 10)).toHaveLength(1);
  for (const part of ['link', 'linkKey', 'meterId', 'direction'] as const) {
    expect(ring.latest({ marketId: 'm1', ...query, [part]: 'other' }, 10)).toEqual([]);
  }
  expect(ring.latest({ marketId: 'm1', errors: false }, 10)).toHaveLength(2);
  expect(ring.latest({ marketId: 'm1', errors: true }, 10)).toHaveLength(1);
});

test('a page stands still up to a number, whatever passes meanwhile', () => {
  const ring = new FrameRing();
  for (const linkKey of ['A-1', 'b-2', 'A-3', 'x'])
    ring.add(seen({ linkKey, meterId: linkKey === 'x' ? 'm' : null }), AT);
  const like = { part: 'a-', meterIds: new Set(['m']) };
  const page = (offset: number, upTo: number) => {
    const { total, frames } = ring.page({ marketId: 'm1', like, upTo }, offset, 2);
    return [total, ...frames.map((frame) => frame.seq)];
  };
  expect([page(0, 3), page(2, 3), page(0, 2)]).toEqual([
    [3, 3, 2],
    [3, 0],
    [2, 2, 0],
  ]);
  ring.add(seen({ linkKey: 'A-4' }), AT);
  expect(page(0, 3)).toEqual([3, 3, 2]);
});

test('a frame is kept as it was, whatever becomes of the buffer it was cut from', () => {
  const ring = new FrameRing();
  const buffer = new Uint8Array(4096).fill(7);
  ring.add(seen({ bytes: buffer.subarray(10, 12) }), AT);
  buffer.fill(0);
  const [frame] = ring.latest({ marketId: 'm1' }, 1);
  expect(frame?.bytes).toEqual(Uint8Array.of(7, 7));
  expect(frame?.bytes.buffer.byteLength).toBe(2);
});

test('one who asks again gets what came since, and is told when he missed something', () => {
  const ring = new FrameRing(4);
  const from = ring.next;
  ring.add(seen(), AT);
  ring.add(seen(), AT);
  expect(ring.since({ marketId: 'm1' }, from, 10)).toMatchObject({ frames: [{ seq: 0 }, { seq: 1 }], missed: false });
  expect(ring.since({ marketId: 'm1' }, from, 1)).toMatchObject({ frames: [{ seq: 1 }], missed: true });
  for (let n = 0; n < 4; n++) ring.add(seen(), AT);
  expect(ring.since({ marketId: 'm1' }, 1, 10)).toMatchObject({ frames: [{}, {}, {}, {}], missed: true });
  expect(ring.since({ marketId: 'm1' }, ring.next, 10)).toEqual({ frames: [], missed: false });
});

test('number and bytes stay within their bounds, and what is kept is always the newest', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 80 }), (sizes) => {
      const ring = new FrameRing(10, 100);
      for (const size of sizes) ring.add(seen({ bytes: new Uint8Array(size) }), AT);
      const kept = ring.latest({ marketId: 'm1' }, 1_000);
      expect(kept.length).toBe(ring.size);
      expect(kept.length).toBeLessThanOrEqual(10);
      expect(kept.reduce((sum, frame) => sum + frame.bytes.length, 0)).toBeLessThanOrEqual(100);
      expect(kept.map((frame) => frame.seq)).toEqual(kept.map((_, index) => sizes.length - 1 - index));
      expect(kept.map((frame) => frame.bytes.length)).toEqual(sizes.toReversed().slice(0, kept.length));
    }),
  );
});
