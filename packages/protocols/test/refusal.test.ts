import { createAcrel4gStream, decodeDown, decodeUp, encodeDown, encodeUp } from '@openprepay/protocols/acrel4g';
import { decodeLiveBlock, decodeSwitchRegisters } from '@openprepay/protocols/acrel1352';
import { createCjt188Stream, decodeFrame, decodeMetering, encodeFrame } from '@openprepay/protocols/cjt188';
import { dedupeKey, parseCommandReply, parsePush } from '@openprepay/protocols/ctwing';
import { describeFrame, formatDescription } from '@openprepay/protocols/describe';
import * as dlt645 from '@openprepay/protocols/dlt645';
import {
  crc16,
  createModbusRequestStream,
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
} from '@openprepay/protocols/modbus';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isProtocolError } from '../src/index.ts';
import * as any from './arbitraries.ts';
import { dlt645ReplyFrame, dlt645RequestFrame } from './dlt645-arbitraries.ts';

const FRAMES = 200;
const MUTATIONS_PER_FRAME = 1000;
/** CPU time, so that a busy machine fails no test. */
const BUDGET_US = 20_000_000;
const PATIENCE_MS = 180_000;
const SEED = 20_260_301;

/** Same seed, same mutations: a small xorshift, since fast-check's own generators would take longer than the decoders. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** One to three changes: a bit, a byte, a piece cut out, a piece doubled, an end cut off. */
function mutate(frame: Uint8Array, draw: (below: number) => number): Uint8Array {
  let bytes = frame;
  for (let changes = draw(3) + 1; changes > 0 && bytes.length > 0; changes--) {
    const at = draw(bytes.length);
    const end = at + draw(bytes.length - at + 1);
    const next = bytes.slice();
    switch (draw(5)) {
      case 0:
        next[at] = (next[at] ?? 0) ^ (1 << draw(8));
        bytes = next;
        break;
      case 1:
        next[at] = draw(256);
        bytes = next;
        break;
      case 2:
        bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(end));
        break;
      case 3:
        bytes = Uint8Array.of(...bytes.subarray(0, end), ...bytes.subarray(at));
        break;
      default:
        bytes = bytes.slice(0, at);
    }
  }
  return bytes;
}

interface Subject {
  readonly name: string;
  readonly frames: fc.Arbitrary<Uint8Array>;
  readonly decode: (frame: Uint8Array) => unknown;
  readonly checksumFits: (frame: Uint8Array) => boolean;
}

const sumFits = (bytes: Uint8Array): boolean => {
  const start = bytes.findIndex((byte) => byte !== 0xfe);
  return bytes.subarray(start, -2).reduce((sum, byte) => (sum + byte) & 0xff, 0) === bytes.at(-2);
};

const SUBJECTS: readonly Subject[] = [
  {
    name: 'Modbus requests',
    frames: any.modbusRequest.map(encodeRequest),
    decode: decodeRequest,
    checksumFits: (frame) => crc16(frame) === 0,
  },
  {
    name: 'Modbus replies',
    frames: any.modbusReply.map(encodeReply),
    decode: decodeReply,
    checksumFits: (frame) => crc16(frame) === 0,
  },
  {
    name: '4G up',
    frames: any.acrel4gUp.map(encodeUp),
    decode: decodeUp,
    checksumFits: (frame) => crc16(frame.subarray(2, -2)) === 0,
  },
  {
    name: '4G down',
    frames: any.acrel4gDown.map(encodeDown),
    decode: decodeDown,
    checksumFits: (frame) => crc16(frame.subarray(2, -2)) === 0,
  },
  {
    name: 'CJ/T 188',
    frames: any.cjt188Frame.map((frame) => encodeFrame(frame)),
    decode: decodeFrame,
    checksumFits: sumFits,
  },
  {
    name: 'DL/T 645 requests',
    frames: dlt645RequestFrame,
    decode: decodeDlt645,
    checksumFits: sumFits,
  },
  {
    name: 'DL/T 645 replies',
    frames: dlt645ReplyFrame,
    decode: decodeDlt645,
    checksumFits: sumFits,
  },
];

/** Down to the values. */
function decodeDlt645(bytes: Uint8Array): unknown {
  const frame = dlt645.decodeFrame(bytes);
  const message = dlt645.isFromMeter(frame) ? dlt645.decodeReply(frame) : dlt645.decodeRequest(frame);
  return message.kind === 'data' ? dlt645.decodeData(message.edition, message.dataId, message.data) : message;
}

/** What `work` gives, or undefined if it refused by name. Anything else it throws fails the test. */
function orRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isProtocolError(error)) return undefined;
    throw error;
  }
}

describe('frames that were changed on the way', () => {
  test.each(SUBJECTS)(
    `$name: ${FRAMES * MUTATIONS_PER_FRAME} mutations are refused by name, or have a right checksum`,
    (subject) => {
      const draw = random(SEED);
      const before = process.threadCpuUsage();
      let accepted = 0;
      let refused = 0;
      for (const frame of fc.sample(subject.frames, { numRuns: FRAMES, seed: SEED })) {
        for (let i = 0; i < MUTATIONS_PER_FRAME; i++) {
          const mutant = mutate(frame, draw);
          const decoded = orRefused(() => subject.decode(mutant));
          if (decoded === undefined) refused++;
          else if (subject.checksumFits(mutant)) accepted++;
          else expect.fail(`accepted with a wrong checksum: ${Buffer.from(mutant).toString('hex')}`);
        }
      }
      expect(accepted + refused).toBe(FRAMES * MUTATIONS_PER_FRAME);
      expect(refused).toBeGreaterThan(accepted);
      const spent = process.threadCpuUsage(before);
      expect(spent.user + spent.system).toBeLessThan(BUDGET_US);
    },
    PATIENCE_MS,
  );
});

describe('bytes that nobody meant', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const decoders: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
    ['live block', decodeLiveBlock],
    ['switch registers', decodeSwitchRegisters],
    ['metering', decodeMetering],
    ['description of 4G', (input) => formatDescription(describeFrame('acrel4g', input))],
    ['description of Modbus', (input) => formatDescription(describeFrame('modbus', input))],
    ['description of CJ/T 188', (input) => formatDescription(describeFrame('cjt188', input))],
    ['description of DL/T 645', (input) => formatDescription(describeFrame('dlt645', input))],
    ['description of CTWing', (input) => formatDescription(describeFrame('ctwing', input))],
  ];

  test.each(decoders)('%s is refused by name or decoded', (_, decode) => {
    fc.assert(
      fc.property(bytes, (input) => {
        orRefused(() => decode(input));
      }),
      { numRuns: 2000 },
    );
  });

  test('streams take anything without throwing', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(bytes, any.markedBytes), { maxLength: 8 }), (chunks) => {
        const decoders = [
          createAcrel4gStream('up'),
          createAcrel4gStream('down'),
          createModbusRequestStream(),
          createCjt188Stream(),
          dlt645.createDlt645Stream(),
        ];
        for (const decoder of decoders) for (const chunk of chunks) decoder.push(chunk);
      }),
    );
  });
});

describe('JSON that nobody meant', () => {
  test('pushes and answers are refused by name or parsed, and a parsed push has a key', () => {
    const names = [
      'timestamp',
      'productId',
      'deviceId',
      'messageType',
      'payload',
      'eventType',
      'taskId',
      'result',
      'code',
    ];
    const values = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        'dataReport',
        'commandResponse',
        'eventReport',
        'deviceOnlineOfflineReport',
        1,
        0,
        1_589_444_231_825,
      ),
      fc.record({ APPdata: fc.oneof(fc.string(), fc.base64String()) }),
      fc.record({ resultCode: fc.string(), resultDetail: fc.jsonValue() }),
    );
    const json = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), values));
    fc.assert(
      fc.property(json, (input) => {
        orRefused(() => parseCommandReply(input));
        const push = orRefused(() => parsePush(input));
        if (push) expect(dedupeKey(push)).toMatch(/^[0-9a-f]{64}$/);
      }),
      { numRuns: 20_000 },
    );
  });
});
