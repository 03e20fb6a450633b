import { fromHex, toHex } from '@openprepay/kernel';
import { decodeDown, decodeUp, encodeDown, encodeUp } from '@openprepay/protocols/acrel4g';
import { decodeFrame, decodeReadReply, decodeValveRequest, encodeFrame } from '@openprepay/protocols/cjt188';
import { createCommandBody, parsePush, type Signing, sign, verify } from '@openprepay/protocols/ctwing';
import { decodeReply, decodeRequest, encodeReply, encodeRequest } from '@openprepay/protocols/modbus';
import { describe, expect, test } from 'vitest';
import { asStated, loadVectors, titleOf, type Vector } from './vectors.ts';

/** Decodes a frame, and encodes what it found. */
type RoundTrip = (frame: Uint8Array) => { readonly message: unknown; readonly again: Uint8Array };

/** @param encode is told how many FE woke the receiver, which are no part of what a message says */
function roundTrip<M>(
  decode: (frame: Uint8Array) => M,
  encode: (message: M, preambleBytes: number) => Uint8Array,
): RoundTrip {
  return (frame) => {
    const message = decode(frame);
    return {
      message,
      again: encode(
        message,
        frame.findIndex((byte) => byte !== 0xfe),
      ),
    };
  };
}

const WAYS: Readonly<Record<string, (vector: Vector) => RoundTrip>> = {
  modbus: (vector) =>
    vector.direction === 'request' ? roundTrip(decodeRequest, encodeRequest) : roundTrip(decodeReply, encodeReply),
  acrel4g: (vector) => (vector.direction === 'up' ? roundTrip(decodeUp, encodeUp) : roundTrip(decodeDown, encodeDown)),
  cjt188: () => roundTrip(decodeFrame, encodeFrame),
};

for (const [protocol, wayOf] of Object.entries(WAYS)) {
  describe(`known frames of ${protocol}`, () => {
    const vectors = loadVectors(protocol);
    const good = vectors.filter((vector) => vector.decoded);
    const bad = vectors.filter((vector) => vector.refused);

    test('the list holds frames of both sorts', () => {
      expect(good.length).toBeGreaterThan(4);
      expect(bad.length).toBeGreaterThan(4);
      expect(good.length + bad.length).toBe(vectors.length);
    });

    test.each(good.map((vector) => [titleOf(vector), vector] as const))('says what is stated: %s', (_, vector) => {
      const frame = fromHex(vector.hex);
      const { message, again } = wayOf(vector)(frame);
      expect(asStated(message)).toMatchObject(vector.decoded ?? {});
      expect(toHex(again)).toBe(vector.hex);
    });

    test.each(bad.map((vector) => [titleOf(vector), vector] as const))('is refused: %s', (_, vector) => {
      expect(() => wayOf(vector)(fromHex(vector.hex))).toThrow(expect.objectContaining({ code: vector.refused }));
    });
  });
}

describe('contents of known CJ/T 188 frames', () => {
  test('the metering reply gives litres, clock and status', () => {
    const vectors = loadVectors('cjt188').filter((vector) => vector.metering);
    expect(vectors).toHaveLength(1);
    for (const { hex, metering } of vectors)
      expect(asStated(decodeReadReply(decodeFrame(fromHex(hex))))).toEqual(metering);
  });

  test('valve orders open and close', () => {
    const vectors = loadVectors('cjt188').filter((vector) => vector.valve);
    expect(vectors.map(({ hex }) => decodeValveRequest(decodeFrame(fromHex(hex))))).toEqual(['on', 'off']);
  });
});

describe('known CTWing pushes', () => {
  const vectors = loadVectors('ctwing-push');

  test.each(vectors.map((vector) => [titleOf(vector), vector] as const))('%s', (_, vector) => {
    if (vector.decoded) expect(asStated(parsePush(vector.json))).toEqual(vector.decoded);
    else expect(() => parsePush(vector.json)).toThrow(expect.objectContaining({ code: vector.refused }));
  });
});

describe('CTWing signature', () => {
  interface SignVector {
    readonly secret: string;
    readonly signing: Signing;
    readonly headersAndParams: Readonly<Record<string, string>>;
    readonly body: string;
    readonly signature: string;
  }
  const [vector] = loadVectors<SignVector>('ctwing-sign');
  if (!vector) throw new Error('no signature vector');
  const { secret, headersAndParams, body, signing, signature } = vector;

  test('is the known one, and verifies', () => {
    expect(sign(secret, headersAndParams, body, signing)).toBe(signature);
    expect(verify(secret, headersAndParams, body, signing, signature)).toBe(true);
  });

  test('does not verify when anything signed differs', () => {
    expect(verify('other', headersAndParams, body, signing, signature)).toBe(false);
    expect(verify(secret, { MasterKey: 'other' }, body, signing, signature)).toBe(false);
    expect(verify(secret, headersAndParams, `${body} `, signing, signature)).toBe(false);
    expect(verify(secret, headersAndParams, body, { ...signing, timestamp: 1 }, signature)).toBe(false);
    expect(verify(secret, headersAndParams, body, signing, 'short')).toBe(false);
  });

  test('the command that was signed is the one that createCommandBody makes', () => {
    const payloadHex = '6810011312190000000404a01701991016';
    const deviceId = '44d0b9e48d404094bbbcf889e4e64ece';
    const command = { deviceId, productId: '10053421', payloadHex, ttlS: 7200, operator: 'tester', level: 1 };
    expect(createCommandBody(command)).toBe(body);
  });
});
