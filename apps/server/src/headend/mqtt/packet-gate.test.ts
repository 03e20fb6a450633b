import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packetMeter } from './packet-gate.ts';

const MAX = 1_000;

function packet(bodyBytes: number): number[] {
  const length: number[] = [];
  for (let rest = bodyBytes; length.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return [0x30, ...length, ...new Array<number>(bodyBytes).fill(0xff)];
}

const admits = (bytes: readonly number[], cut: number) => {
  const isShort = packetMeter(MAX);
  for (let at = 0; at < bytes.length; at += cut) {
    if (!isShort(Uint8Array.from(bytes.slice(at, at + cut)))) return false;
  }
  return true;
};

test('packets up to the limit pass, however they are cut, and one that is longer never does', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: MAX }), { maxLength: 8 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 20_000 }), (fitting, cut, over) => {
      const good = fitting.flatMap(packet);
      expect(admits(good, cut)).toBe(true);
      expect(admits([...good, ...packet(MAX + over)], cut)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('a length of five bytes is none', () => {
  expect(admits([0x30, 0x80, 0x80, 0x80, 0x80, 0x01], 1)).toBe(false);
});
