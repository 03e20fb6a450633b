import { createCipheriv } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { concatBytes, fromHex } from '@openprepay/kernel';
import {
  createAcrelGwStream,
  decodeDown,
  decodeFrame,
  decodeMeterId,
  decodeUp,
  encodeDown,
  encodeFrame,
  encodeUp,
  type GwDown,
  type GwUp,
  isMd5Answer,
  MAX_DATA_BYTES,
  MAX_STRANGER_DATA_BYTES,
  md5Answer,
  parseXml,
  readingOfGwMeter,
  renderXml,
} from '@openprepay/protocols/acrelgw';
import { describeFrame } from '@openprepay/protocols/describe';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, mutated, orRefused, sizes, wallClock } from './mutations.ts';
import { asStated, loadVectors, titleOf } from './vectors.ts';

/** The vectors are constructed: by Python and OpenSSL from the published layout, none was recorded. */
const SECRET = '0123456789abcdef';
const vectors = loadVectors('acrelgw');
const refusal = (code: string) => expect.objectContaining({ code });

const label = fc.stringMatching(/^[A-Za-z0-9_&<>"' .-]{1,20}$/).filter((text) => text.trim() === text && text !== '');
const identity = fc.record({ buildingId: fc.oneof(fc.constant(''), label), gatewayId: label });
const transparent = fc.record({
  kind: fc.constant('transparent' as const),
  port: fc.integer({ min: 0, max: 99 }),
  address: fc.integer({ min: 0, max: 999 }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 256 }),
});
const functions = fc.record({
  id: label,
  value: fc.oneof(fc.constant(''), fc.stringMatching(/^\d{1,8}\.\d\d$/)),
  error: fc.constantFrom(null, '192'),
});
const up: fc.Arbitrary<GwUp> = fc.oneof(
  identity.map((one): GwUp => ({ kind: 'auth_request', ...one })),
  fc
    .tuple(identity, fc.stringMatching(/^[0-9a-f]{32}$/))
    .map(([one, md5]): GwUp => ({ kind: 'auth_answer', ...one, md5 })),
  identity.map((one): GwUp => ({ kind: 'heartbeat', ...one })),
  fc
    .tuple(
      identity,
      fc.option(wallClock),
      fc.array(fc.record({ id: label, functions: fc.array(functions, { maxLength: 8 }) }), { maxLength: 6 }),
      fc.boolean(),
    )
    .map(([one, local, meters, zipped]): GwUp => ({ kind: 'report', ...one, local, meters, zipped })),
  transparent,
  fc.uint8Array({ maxLength: 60 }).map((data): GwUp => ({ kind: 'other', type: 0x77, data })),
);
const down: fc.Arbitrary<GwDown> = fc.oneof(
  fc
    .tuple(identity, fc.stringMatching(/^\d{19}$/))
    .map(([one, sequence]): GwDown => ({ kind: 'auth_sequence', ...one, sequence })),
  fc.tuple(identity, fc.boolean()).map(([one, passed]): GwDown => ({ kind: 'auth_result', ...one, passed })),
  fc.tuple(identity, wallClock).map(([one, local]): GwDown => ({ kind: 'heartbeat_time', ...one, local })),
  transparent,
);

describe('frames of the gateway', () => {
  test.each(vectors.map((vector) => [titleOf(vector), vector] as const))(
    '%s',
    (_, { hex, direction, decoded, refused }) => {
      const decode = () => (direction === 'up' ? decodeUp : decodeDown)(decodeFrame(fromHex(hex)), SECRET);
      if (decoded) expect(asStated(decode())).toEqual(decoded);
      else expect(decode).toThrow(refusal(refused ?? ''));
    },
  );

  test('what is encoded is decoded again', () => {
    fc.assert(
      fc.property(up, down, (fromGateway, fromServer) => {
        expect(decodeUp(decodeFrame(encodeUp(fromGateway, SECRET)), SECRET)).toEqual(fromGateway);
        expect(decodeDown(decodeFrame(encodeDown(fromServer, SECRET)), SECRET)).toEqual(fromServer);
      }),
      { numRuns: 500 },
    );
  });

  test('mutated ones are refused by name or decoded, and described likewise', () => {
    const frames = up.map((message) => encodeUp(message, SECRET));
    fc.assert(
      fc.property(mutated(frames), (bytes) => {
        orRefused(() => decodeUp(decodeFrame(bytes), SECRET));
        orRefused(() => decodeDown(decodeFrame(bytes), SECRET));
        orRefused(() => describeFrame('acrelgw', bytes, SECRET));
      }),
      { numRuns: 3000 },
    );
  });

  test('without a secret the encrypted types are refused as not decrypted, a bad secret as a bad value', () => {
    const frame = decodeFrame(encodeUp({ kind: 'transparent', port: 1, address: 1, bytes: Uint8Array.of(1) }, SECRET));
    expect(() => decodeUp(frame, null)).toThrow(refusal('frame.not_decrypted'));
    expect(() => decodeUp(frame, 'too short')).toThrow(refusal('frame.bad_value'));
  });

  test('a meter id is a port and an address; one configured otherwise is none', () => {
    expect(decodeMeterId('02017')).toEqual({ port: 2, address: 17 });
    expect(decodeMeterId('01')).toBeNull();
  });
});

describe('authentication', () => {
  test('the answer is MD5 over secret and sequence; it is accepted in either case and no other is', () => {
    const answer = md5Answer(SECRET, '1735693261000123456');
    expect(answer).toBe('2cdf32c6ada59dc093f816425791b910');
    expect(isMd5Answer(SECRET, '1735693261000123456', answer.toUpperCase())).toBe(true);
    expect(isMd5Answer(SECRET, '1735693261000123457', answer)).toBe(false);
    expect(isMd5Answer(SECRET, '1735693261000123456', '')).toBe(false);
  });
});

describe('the stream of a gateway', () => {
  const noise = fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.map((byte) => (byte === 0x1f ? 0 : byte)));

  test('gives the same frames however it is cut, with noise between, and accounts for every byte', () => {
    const parts = fc.array(
      fc.tuple(
        noise,
        up.map((message) => encodeUp(message, SECRET)),
      ),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(parts, sizes, (stream, chunks) => {
        const decoder = createAcrelGwStream();
        const bytes = concatBytes(...stream.flat());
        const received = cut(bytes, chunks).flatMap((chunk) => decoder.push(chunk));
        expect(received.map(({ frame }) => frame)).toEqual(stream.map(([, frame]) => frame));
        expect(decoder.bufferedBytes).toBe(0);
        expect(decoder.skippedBytes).toBe(stream.reduce((sum, [between]) => sum + between.length, 0));
      }),
      { numRuns: 300 },
    );
  });

  test('takes any bytes without throwing, the same all at once and byte by byte, and holds no more than its cap', () => {
    const marked = fc.array(fc.oneof(fc.constantFrom(0x1f, 0x00, 0x01), fc.nat(255)), { maxLength: 300 });
    fc.assert(
      fc.property(marked, (list) => {
        const bytes = Uint8Array.from(list);
        const atOnce = createAcrelGwStream(() => 64);
        const byByte = createAcrelGwStream(() => 64);
        const whole = atOnce.push(bytes);
        expect(list.flatMap((byte) => byByte.push(Uint8Array.of(byte)))).toEqual(whole);
        expect(byByte.skippedBytes).toBe(atOnce.skippedBytes);
        expect(atOnce.bufferedBytes).toBeLessThanOrEqual(64 + 7);
      }),
    );
  });

  test('a header that promises more than the cap is noise, and the frame behind it is found', () => {
    const decoder = createAcrelGwStream();
    const good = encodeUp({ kind: 'heartbeat', buildingId: '', gatewayId: 'GW-001' }, null);
    expect(decoder.push(concatBytes(fromHex('1f1f03ffffffff'), good))).toHaveLength(1);
    expect(decoder.rejectedFrames).toBeGreaterThan(0);
    expect(() => encodeFrame({ type: 3, data: new Uint8Array(MAX_DATA_BYTES + 1) })).toThrow(refusal('frame.too_long'));
  });

  test('a gateway that has not proved who it is may send little, one that has may send more', () => {
    const long = encodeFrame({ type: 3, data: new Uint8Array(MAX_STRANGER_DATA_BYTES + 1) });
    let isTrusted = false;
    const decoder = createAcrelGwStream(() => (isTrusted ? MAX_DATA_BYTES : MAX_STRANGER_DATA_BYTES));
    expect(decoder.push(long)).toEqual([]);
    isTrusted = true;
    expect(decoder.push(long)).toHaveLength(1);
  });
});

describe('reports as readings', () => {
  const meter = {
    id: '02017',
    functions: [
      { id: 'wpp', value: '123.4567', error: null },
      { id: 'PowerHigher', value: '10.11', error: null },
      { id: 'PowerHigh', value: '20.22', error: '192' },
      { id: 'DO1', value: '0', error: null },
      { id: 'X9', value: 'odd', error: null },
    ],
  };

  test('whole watt-hours, what failed is null, and an assumed relay decides nothing until it is verified', () => {
    const { reading } = readingOfGwMeter(meter, null, { verified: false });
    expect(reading).toMatchObject({ total: 123_456n, tariffs: [10_110n, null, null, null, null], switchState: null });
    expect(reading?.details).toContainEqual({ name: 'X9', value: 'odd', unit: '' });
    expect(readingOfGwMeter(meter, null, { verified: true }).reading?.switchState).toBe('off');
  });

  test('a meter without a total that can be read gives details only', () => {
    const failed = { id: '1', functions: [{ id: 'WPP', value: '-', error: null }] };
    expect(readingOfGwMeter(failed, null, { verified: true })).toMatchObject({
      reading: null,
      details: [{ value: '-' }],
    });
  });
});

describe('XML', () => {
  test('is read back as it was written', () => {
    const text = fc.stringMatching(/^[ -~]{0,20}$/);
    fc.assert(
      fc.property(text, text, (value, inside) => {
        const root = { name: 'a', attributes: new Map([['b', value]]), children: [], text: inside };
        expect(parseXml(renderXml(root))).toEqual(root);
      }),
    );
  });

  test.each([
    ['a DOCTYPE', '<!DOCTYPE a><a/>'],
    ['billion laughs', '<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'],
    ['CDATA', '<a><![CDATA[x]]></a>'],
    ['a comment', '<a><!-- x --></a>'],
    ['a processing instruction', '<a><?php x ?></a>'],
    ['a second root', '<a/><b/>'],
    ['an unclosed element', '<a><b></b>'],
    ['crossed elements', '<a><b></a></b>'],
    ['a numeric entity', '<a>&#65;</a>'],
    ['a bare ampersand', '<a>x & y</a>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['nothing', ''],
    ['nine levels', `${'<a>'.repeat(9)}${'</a>'.repeat(9)}`],
    ['a zero byte', '<a>\0</a>'],
    ['17 attributes', `<a ${Array.from({ length: 17 }, (_, at) => `a${at}="1"`).join(' ')}/>`],
  ])('refuses %s', (_, input) => {
    expect(() => parseXml(input)).toThrow(refusal('frame.bad_payload'));
  });

  test('refuses another encoding by name, and too many elements or characters', () => {
    expect(() => parseXml('<?xml version="1.0" encoding="GBK"?><a/>')).toThrow(refusal('frame.not_supported'));
    expect(() => parseXml(`<a>${'<b/>'.repeat(20_000)}</a>`)).toThrow(refusal('frame.too_long'));
    expect(() => parseXml(`<a>${'x'.repeat(1 << 20)}</a>`)).toThrow(refusal('frame.too_long'));
  });

  const MIB = 1 << 20;
  test.each([
    ['an opening that never ends', `<a ${' '.repeat(MIB - 10)}`],
    ['attributes without end', `<a${' b="'.repeat(MIB / 4 - 10)}`],
    ['ampersands', `<a>${'&'.repeat(MIB - 20)}</a>`],
    ['ends that close nothing', '</a>'.repeat(MIB / 4)],
    ['openings alone', '<a>'.repeat(MIB / 4)],
  ])('%s of a megabyte cost little', (_, input) => {
    const before = process.threadCpuUsage();
    expect(() => parseXml(input)).toThrow(refusal('frame.bad_payload'));
    const spent = process.threadCpuUsage(before);
    expect(spent.user + spent.system).toBeLessThan(1_000_000);
  });
});

describe('compressed data', () => {
  test('a bomb is refused at a hundred times its size', () => {
    const bomb = deflateSync(Buffer.alloc(900_000, 0x20));
    const key = Buffer.from(SECRET);
    const cipher = createCipheriv('aes-128-cbc', key, key);
    const data = new Uint8Array(Buffer.concat([cipher.update(bomb), cipher.final()]));
    expect(bomb.length).toBeLessThan(2_000);
    expect(() => decodeUp({ type: 0x04, data }, SECRET)).toThrow(refusal('frame.too_long'));
  });
});
