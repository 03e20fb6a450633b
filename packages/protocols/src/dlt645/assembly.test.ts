import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AssemblyStep, createAssembly, repliesOf } from './assembly.ts';
import { decodeFrame, type Edition, encodeFrame, hasMore } from './frame.ts';
import { type Dlt645Reply, decodeReply, frameOfReply } from './reply.ts';
import { readRequest } from './request.ts';
import { decodeRequest, frameOfRequest } from './request-codec.ts';

const METER = '201000000012';

function readOf(edition: Edition) {
  const read = readRequest(METER, edition === '2007' ? '06000001' : 'D010', edition);
  if (read.kind !== 'read') throw new Error('not a read');
  return read;
}

const overTheWire = (reply: Dlt645Reply): Dlt645Reply => decodeReply(decodeFrame(encodeFrame(frameOfReply(reply))));

describe.each(['2007', '1997'] as const)('follow-up frames of %s', (edition) => {
  const read = readOf(edition);
  const data = Uint8Array.from({ length: 25 }, (_, at) => at);
  const parts = repliesOf(read, data, METER, 10);

  test('three of them are asked for one by one and joined', () => {
    expect(parts.map((part) => hasMore(frameOfReply(part)))).toEqual([true, true, false]);
    const assembly = createAssembly(read);
    const steps: AssemblyStep[] = parts.map((part) => assembly.take(overTheWire(part)));
    const asked = steps.flatMap((step) => (step.kind === 'ask' ? [decodeRequest(frameOfRequest(step.request))] : []));
    expect(asked).toMatchObject(
      (edition === '2007' ? [1, 2] : [null, null]).map((sequence) => ({ kind: 'read_more', address: METER, sequence })),
    );
    expect(steps.at(-1)).toEqual({ kind: 'complete', data });
  });

  test('any data comes back, however small the parts', () => {
    const cuts = fc.tuple(fc.uint8Array({ maxLength: 250 }), fc.integer({ min: 1, max: 195 }));
    fc.assert(
      fc.property(cuts, ([whole, partBytes]) => {
        const assembly = createAssembly(read);
        const steps = repliesOf(read, whole, METER, partBytes).map((part) => assembly.take(overTheWire(part)));
        expect(steps.at(-1)).toEqual({ kind: 'complete', data: whole });
        expect(steps.slice(0, -1).every(({ kind }) => kind === 'ask')).toBe(true);
      }),
    );
  });

  test('of another data id, of another meter, or past the end are refused, and the right one still counts', () => {
    const [first, second, third] = parts;
    if (first?.kind !== 'data' || second?.kind !== 'more_data' || third === undefined)
      throw new Error('not three parts');
    const assembly = createAssembly(read);
    const refuses = (reply: Dlt645Reply) =>
      expect(() => assembly.take(reply)).toThrow(expect.objectContaining({ code: 'frame.bad_value' }));
    refuses(second);
    assembly.take(first);
    refuses(first);
    refuses({ ...second, dataId: second.dataId.replace(/.$/, 'E') });
    refuses({ ...second, address: '201000000013' });
    refuses({ edition, address: METER, kind: 'refused', of: 'read_more', errors: Uint8Array.of(2) });
    assembly.take(second);
    expect(assembly.take(third)).toEqual({ kind: 'complete', data });
    refuses(third);
  });
});

test('a gap or a repetition in the sequence of 2007 is refused', () => {
  const read = readOf('2007');
  const parts = repliesOf(read, new Uint8Array(40), METER, 10);
  const [first, second, third, fourth] = parts;
  if (!first || !second || !third || !fourth) throw new Error('not four parts');
  const assembly = createAssembly(read);
  assembly.take(first);
  expect(() => assembly.take(third)).toThrow(expect.objectContaining({ code: 'frame.bad_value' }));
  assembly.take(second);
  expect(() => assembly.take(second)).toThrow(expect.objectContaining({ code: 'frame.bad_value' }));
  expect(() => assembly.take(fourth)).toThrow(expect.objectContaining({ code: 'frame.bad_value' }));
  assembly.take(third);
  expect(assembly.take(fourth)).toMatchObject({ kind: 'complete' });
});

test('there is an end: 255 follow-ups, and no more are made or taken', () => {
  const read = readOf('2007');
  const whole = new Uint8Array(256);
  const parts = repliesOf(read, whole, METER, 1);
  const assembly = createAssembly(read);
  for (const part of parts.slice(0, -1)) assembly.take(part);
  const last = parts.at(-1);
  if (last?.kind !== 'more_data') throw new Error('no last part');
  expect(() => assembly.take({ ...last, more: true })).toThrow(expect.objectContaining({ code: 'frame.too_long' }));
  expect(assembly.take(last)).toEqual({ kind: 'complete', data: whole });
  expect(() => repliesOf(read, new Uint8Array(257), METER, 1)).toThrow(
    expect.objectContaining({ code: 'frame.too_long' }),
  );
});
