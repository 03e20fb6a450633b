import { concatBytes, fromHex } from '@openprepay/kernel';
import { type Acrel4gUp, createAcrel4gStream, encodeDown, encodeUp } from '@openprepay/protocols/acrel4g';
import { createCjt188Stream, encodeFrame, readRequest } from '@openprepay/protocols/cjt188';
import { createDlt645Stream } from '@openprepay/protocols/dlt645';
import {
  createModbusLineStream,
  createModbusRequestStream,
  encodeReply,
  encodeRequest,
} from '@openprepay/protocols/modbus';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamDecoder } from '../src/index.ts';
import type { Received } from '../src/stream.ts';
import * as any from './arbitraries.ts';
import { dlt645Frame } from './dlt645-arbitraries.ts';

const MIB = 1 << 20;
/** CPU time, so that a busy machine fails no test. Measured is 0.1 to 0.8 µs; work that grows with the buffer takes 10. */
const MOST_US_PER_BYTE = 2;
/** On the wall clock, for the same reason. */
const PATIENCE_MS = 180_000;

interface Subject {
  readonly name: string;
  readonly create: () => StreamDecoder<Received<unknown>>;
  readonly frames: fc.Arbitrary<Uint8Array>;
  /** Bytes that begin no frame and end none. */
  readonly noise: fc.Arbitrary<Uint8Array>;
  readonly mostBytes: number;
  /** Streams made to cost much: what byte stands at a position. */
  readonly hostile: readonly (readonly [name: string, mebibytes: number, byteAt: (at: number) => number])[];
}

const pattern =
  (...bytes: readonly number[]) =>
  (at: number) =>
    bytes[at % bytes.length] ?? 0;
const anything = (at: number) => (Math.imul(at ^ (at >>> 15), 0x2c1b3c6d) >>> 13) & 0xff;

const bytesWithout = (...unwanted: readonly number[]) =>
  fc
    .array(
      fc.integer({ min: 0, max: 255 }).filter((byte) => !unwanted.includes(byte)),
      { maxLength: 40 },
    )
    .map((bytes) => Uint8Array.from(bytes));

/** A line gives the exceptions that are an answer to what it carries, and no frame over 256 bytes. */
const knownModbusReply = any.modbusReply
  .filter(
    (reply) =>
      reply.kind !== 'exception' || (reply.functionCode < 0x20 && reply.exceptionCode > 0 && reply.exceptionCode < 5),
  )
  .map(encodeReply);

/** A line has no marks: what lies within a frame and has a right CRC, one in 65,536, ends sooner and is taken for the frame. */
const holdsNoOther = (frame: Uint8Array): boolean => createModbusLineStream().push(frame.subarray(1)).length === 0;

const SUBJECTS: readonly Subject[] = [
  {
    name: '4G up',
    create: () => createAcrel4gStream('up'),
    frames: any.acrel4gUp.map(encodeUp),
    noise: any.markedBytes,
    mostBytes: 4096,
    hostile: [
      ['random bytes', 10, anything],
      ['7B7B7B7B…', 10, pattern(0x7b)],
      ['7D7D7D7D…', 10, pattern(0x7d)],
      ['many heads, then many tails', 10, (at) => (at % 4096 < 2048 ? 0x7b : 0x7d)],
      ['head and tail by turns', 10, pattern(0x7b, 0x7b, 0x7d, 0x7d)],
    ],
  },
  {
    name: '4G down',
    create: () => createAcrel4gStream('down'),
    frames: any.acrel4gDown.map(encodeDown),
    noise: any.markedBytes,
    mostBytes: 4096,
    hostile: [],
  },
  {
    name: 'Modbus requests',
    create: createModbusRequestStream,
    frames: any.modbusRequest.map(encodeRequest),
    noise: bytesWithout(0x03, 0x05, 0x06, 0x10),
    mostBytes: 256,
    hostile: [
      ['random bytes', 10, anything],
      ['03030303…', 2, pattern(0x03)],
      ['10101010…', 2, pattern(0x10)],
      ['headers that promise the most', 2, pattern(0x01, 0x10, 0x00, 0x00, 0x00, 0x7b, 0xf6)],
    ],
  },
  {
    name: 'a Modbus line',
    create: createModbusLineStream,
    frames: fc.oneof(any.modbusRequest.map(encodeRequest), knownModbusReply).filter(holdsNoOther),
    noise: bytesWithout(0x03, 0x05, 0x06, 0x10, 0x83, 0x85, 0x86, 0x90),
    mostBytes: 256,
    hostile: [
      ['random bytes', 10, anything],
      ['03030303…', 2, pattern(0x03)],
      ['exceptions', 2, pattern(0x01, 0x83, 0x02)],
      ['headers that promise the most', 2, pattern(0x01, 0x03, 0xfa)],
    ],
  },
  {
    name: 'CJ/T 188',
    create: createCjt188Stream,
    frames: any.cjt188Frame.map((frame) => encodeFrame(frame)),
    noise: bytesWithout(0x16).map((bytes) => concatBytes(bytes, Uint8Array.of(0xfe, 0xfe))),
    mostBytes: 113,
    hostile: [
      ['random bytes', 10, anything],
      ['68686868…', 2, pattern(0x68)],
      ['headers that promise the most', 2, pattern(0x68, 0x10, 0x64)],
    ],
  },
  {
    name: 'DL/T 645',
    create: createDlt645Stream,
    frames: dlt645Frame,
    noise: bytesWithout(0x16).map((bytes) => concatBytes(bytes, Uint8Array.of(0xfe, 0xfe))),
    mostBytes: 267,
    hostile: [
      ['random bytes', 10, anything],
      ['68686868…', 2, pattern(0x68)],
      ['headers that promise the most', 2, pattern(0x68, 0x91, 0x99, 0x68, 0x91, 0x99, 0x00)],
      ['headers whose frames all have an end', 2, pattern(0x68, 0x91, 0x16, 0x68, 0x91, 0x16, 0x16)],
    ],
  },
];

/** Cuts the bytes wherever the sizes say; what is left over is the last chunk. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

describe.each(SUBJECTS)('a stream of $name', ({ create, frames, noise, mostBytes, hostile }) => {
  test('gives every frame, whatever the noise between and however it is cut', () => {
    const stream = fc.record({
      parts: fc.array(fc.tuple(noise, frames), { minLength: 1, maxLength: 6 }),
      sizes: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(stream, ({ parts, sizes }) => {
        const decoder = create();
        const bytes = concatBytes(...parts.flat());
        const received = cut(bytes, sizes).flatMap((chunk) => decoder.push(chunk));
        expect(received.map(({ frame }) => frame)).toEqual(parts.map(([, frame]) => frame));
        const framed = received.reduce((sum, { frame }) => sum + frame.length, 0);
        expect(decoder.skippedBytes + decoder.bufferedBytes + framed).toBe(bytes.length);
        expect(decoder.bufferedBytes).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test('gives the same byte by byte and all at once, even for noise alone', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(noise, frames, any.markedBytes), { maxLength: 12 }), (parts) => {
        const bytes = concatBytes(...parts);
        const atOnce = create();
        const byByte = create();
        const whole = atOnce.push(bytes);
        const pieces = Array.from(bytes).flatMap((byte) => byByte.push(Uint8Array.of(byte)));
        expect(pieces).toEqual(whole);
        expect(byByte.skippedBytes).toBe(atOnce.skippedBytes);
        expect(byByte.rejectedFrames).toBe(atOnce.rejectedFrames);
        expect(byByte.bufferedBytes).toBe(atOnce.bufferedBytes);
      }),
    );
  });

  test('reset forgets half a frame and takes the next', () => {
    const [frame] = fc.sample(frames, { numRuns: 1, seed: 7 });
    if (!frame) throw new Error('no sample');
    const decoder = create();
    decoder.push(frame.subarray(0, -1));
    decoder.reset();
    expect(decoder.bufferedBytes).toBe(0);
    expect(decoder.skippedBytes).toBe(frame.length - 1);
    expect(decoder.push(frame)).toHaveLength(1);
  });

  test.each(hostile)(
    '%s cost bounded memory and work: %i MiB',
    (_, mebibytes, byteAt) => {
      const mebibyte = Uint8Array.from({ length: MIB }, (_, at) => byteAt(at));
      const decoder = create();
      const before = process.threadCpuUsage();
      let most = 0;
      for (let round = 0; round < mebibytes; round++) {
        for (let at = 0; at < MIB; at += 1460) {
          decoder.push(mebibyte.subarray(at, at + 1460));
          most = Math.max(most, decoder.bufferedBytes);
        }
      }
      const spent = process.threadCpuUsage(before);
      expect(most).toBeLessThanOrEqual(mostBytes);
      expect((spent.user + spent.system) / (mebibytes * MIB)).toBeLessThan(MOST_US_PER_BYTE);
      decoder.push(new Uint8Array(mostBytes));
      const [frame] = fc.sample(frames, { numRuns: 1, seed: 7 });
      expect(decoder.push(frame ?? new Uint8Array(0))).toHaveLength(1);
    },
    PATIENCE_MS,
  );
});

describe('the 4G stream', () => {
  const heartbeat: Acrel4gUp = { kind: 'heartbeat' };
  const endless = concatBytes(fromHex('7b7b91'), new Uint8Array(100).fill(0x41));

  test('finds a frame behind a header whose end never comes, at once', () => {
    const decoder = createAcrel4gStream('up');
    expect(decoder.push(endless)).toEqual([]);
    expect(decoder.push(encodeUp(heartbeat)).map(({ message }) => message)).toEqual([heartbeat]);
    expect(decoder.skippedBytes).toBe(endless.length);
    expect(decoder.rejectedFrames).toBe(1);
    expect(decoder.bufferedBytes).toBe(0);
  });

  test('gives up a header after 4 KiB', () => {
    const decoder = createAcrel4gStream('up');
    decoder.push(concatBytes(endless, new Uint8Array(5000)));
    expect(decoder.bufferedBytes).toBe(0);
    expect(decoder.rejectedFrames).toBe(1);
  });

  test('takes a frame of 4096 bytes; a longer one cannot be encoded', () => {
    const body = new Uint8Array(4089).fill(0x7d);
    const message: Acrel4gUp = { kind: 'other', command: 0x88, body };
    expect(createAcrel4gStream('up').push(encodeUp(message))).toMatchObject([{ message: { kind: 'other' } }]);
    expect(() => encodeUp({ ...message, body: new Uint8Array(4090) })).toThrow(
      expect.objectContaining({ code: 'frame.too_long' }),
    );
  });

  test('counts a frame whose CRC is right and whose contents are not, and goes on', () => {
    const decoder = createAcrel4gStream('up');
    const wrong = encodeUp({ kind: 'other', command: 0x94, body: Uint8Array.of(1) });
    expect(decoder.push(concatBytes(wrong, encodeUp(heartbeat)))).toHaveLength(1);
    expect(decoder.rejectedFrames).toBe(1);
    expect(decoder.skippedBytes).toBe(wrong.length);
  });
});

describe('streams whose header tells the length', () => {
  test('a false CJ/T 188 header does not hide the frame behind it', () => {
    const falseHeader = fromHex('6810 11 22 33 44 55 66 77 81 60 00');
    const frame = encodeFrame(readRequest('78330011223344', 1));
    const decoder = createCjt188Stream();
    expect(decoder.push(concatBytes(falseHeader, frame))).toHaveLength(1);
    expect(decoder.skippedBytes).toBe(falseHeader.length);
  });

  test('a Modbus request with a wrong CRC is counted as rejected', () => {
    const good = encodeRequest({ kind: 'read', unit: 1, start: 0x200, quantity: 48 });
    const bad = good.with(7, 0);
    const decoder = createModbusRequestStream();
    expect(decoder.push(concatBytes(bad, good))).toHaveLength(1);
    expect(decoder.rejectedFrames).toBe(1);
    expect(decoder.skippedBytes).toBe(bad.length);
  });
});
