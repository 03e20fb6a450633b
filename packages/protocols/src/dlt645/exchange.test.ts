import { concatBytes, fromHex } from '@openprepay/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dlt645Reply, dlt645Request } from '../../test/dlt645-arbitraries.ts';
import { matchesAddress } from './address.ts';
import { answers, createEchoFilter } from './exchange.ts';
import { createDlt645Stream, type Dlt645Frame, decodeFrame, encodeFrame } from './frame.ts';
import { type Dlt645Reply, decodeReply, frameOfReply } from './reply.ts';
import { broadcastTime, readAddressRequest, readRequest, relayRequest } from './request.ts';
import { decodeRequest, frameOfRequest } from './request-codec.ts';

const METER = '201000000012';
const AUTHORITY = { level: 2, code: '123456', operator: '00000001' };
const ORDER = { action: 'trip', extra: 0, validUntil: '991230000000' } as const;
const NO_DATA = new Uint8Array(0);

describe('messages', () => {
  test('of the head-end come back from their frames', () => {
    fc.assert(
      fc.property(dlt645Request, (request) => {
        expect(decodeRequest(decodeFrame(encodeFrame(frameOfRequest(request), 4)))).toEqual(request);
      }),
      { numRuns: 2000 },
    );
  });

  test('of the meter come back from their frames', () => {
    fc.assert(
      fc.property(dlt645Reply, (reply) => {
        expect(decodeReply(decodeFrame(encodeFrame(frameOfReply(reply))))).toEqual(reply);
      }),
      { numRuns: 2000 },
    );
  });

  test('are not encoded in an edition that does not have them', () => {
    const old = { ...readRequest(METER, '9010', '1997'), kind: 'read_address' } as const;
    expect(() => frameOfRequest(old)).toThrow(expect.objectContaining({ code: 'frame.unknown_function' }));
    expect(() => frameOfRequest(readRequest(METER, '9010', '2007'))).toThrow(
      expect.objectContaining({ code: 'frame.bad_value' }),
    );
  });

  test('are never longer than the edition allows', () => {
    const frame = (control: number, length: number) => ({ address: METER, control, data: new Uint8Array(length) });
    expect(encodeFrame(frame(0x91, 200))).toHaveLength(212);
    expect(encodeFrame(frame(0x14, 50))).toHaveLength(62);
    for (const [control, length] of [
      [0x91, 201],
      [0x14, 51],
      [0x04, 51],
    ] as const) {
      expect(() => encodeFrame(frame(control, length))).toThrow(expect.objectContaining({ code: 'frame.too_long' }));
    }
  });
});

describe('an address', () => {
  test.each([
    [METER, METER, true],
    [METER, '201000000013', false],
    ['AAAAAAAAAAAA', METER, true],
    ['AAAAAAAA0012', METER, true],
    ['AAAAAAAA0013', METER, false],
    ['AA1000000012', METER, true],
    ['999999999999', METER, true],
  ])('%s calls %s: %s', (called, address, expected) => {
    expect(matchesAddress(called, address)).toBe(expected);
  });
});

describe('a reply answers', () => {
  const read = frameOfRequest(readRequest(METER, '00010000'));
  const data = (dataId: string, address = METER): Dlt645Reply => ({
    edition: '2007',
    address,
    kind: 'data',
    dataId,
    data: new Uint8Array(4),
    more: false,
  });
  const more = (sequence: number): Dlt645Reply => ({
    edition: '2007',
    address: METER,
    kind: 'more_data',
    dataId: '06000001',
    data: new Uint8Array(4),
    more: true,
    sequence,
  });
  const refused = (of: 'read' | 'control'): Dlt645Reply => ({
    edition: '2007',
    address: METER,
    kind: 'refused',
    of,
    errors: Uint8Array.of(2),
  });
  const done: Dlt645Reply = { edition: '2007', address: METER, kind: 'done', of: 'control' };
  const old: Dlt645Reply = { ...data('9010'), edition: '1997' };
  const askMore = frameOfRequest({
    edition: '2007',
    address: METER,
    kind: 'read_more',
    dataId: '06000001',
    sequence: 2,
  });
  const trip = frameOfRequest(relayRequest(METER, AUTHORITY, ORDER));

  test.each<readonly [string, Dlt645Frame, Dlt645Reply, boolean]>([
    ['a read of its data id', read, data('00010000'), true],
    ['no read of another data id', read, data('00020000'), false],
    ['no read of another meter', read, data('00010000', '201000000013'), false],
    ['a read called by its last digits', { ...read, address: 'AAAAAAAA0012' }, data('00010000'), true],
    ['a read with a refusal', read, refused('read'), true],
    ['no read with the refusal of an order', read, refused('control'), false],
    ['no read with follow-up data', read, more(1), false],
    ['a follow-up with its sequence', askMore, more(2), true],
    ['no follow-up with the sequence before', askMore, more(1), false],
    ['an order', trip, done, true],
    ['no order with data', trip, data('00010000'), false],
    ['a read of 1997', frameOfRequest(readRequest(METER, '9010', '1997')), old, true],
    ['no read of the other edition', read, old, false],
    [
      'a call for the address, whoever it is',
      frameOfRequest(readAddressRequest()),
      { edition: '2007', address: METER, kind: 'address', meterAddress: METER },
      true,
    ],
    ['no broadcast', frameOfRequest(broadcastTime('261012153000')), { ...done, of: 'set_time' }, false],
  ])('%s', (_, request, reply, expected) => {
    expect(answers(request, frameOfReply(reply))).toBe(expected);
  });

  test('never the echo of the request, nor a reply too short to say what of', () => {
    expect(answers(read, read)).toBe(false);
    expect(answers(read, { ...read, control: 0x91, data: NO_DATA })).toBe(false);
  });
});

describe('an echo filter', () => {
  const sent = encodeFrame(frameOfRequest(readRequest(METER, '00010000')), 4);
  const heard = sent.subarray(4);

  test('takes out each frame sent once, FE or not', () => {
    const filter = createEchoFilter();
    expect(filter.isEcho(heard)).toBe(false);
    filter.sent(sent);
    expect(filter.isEcho(heard.with(11, 0))).toBe(false);
    expect(filter.isEcho(heard)).toBe(true);
    expect(filter.isEcho(heard)).toBe(false);
  });

  test('holds four frames and no more on a line without echoes', () => {
    const filter = createEchoFilter();
    filter.sent(sent);
    for (const address of ['1', '2', '3', '4']) {
      filter.sent(encodeFrame(frameOfRequest(readRequest(address.padStart(12, '0'), '00010000'))));
    }
    expect(filter.isEcho(heard)).toBe(false);
  });
});

describe('a stream', () => {
  const frame = encodeFrame(frameOfRequest(readRequest(METER, '00010000')));

  test('finds the frame behind a false header at once, without waiting for what the header promises', () => {
    const noise = fromHex('00685566 fefefefe');
    const decoder = createDlt645Stream();
    expect(decoder.push(concatBytes(noise, frame)).map((one) => one.frame)).toEqual([frame]);
    expect(decoder.skippedBytes).toBe(noise.length);
    expect(decoder.bufferedBytes).toBe(0);
  });

  test('does not take 68 and 16 within a frame for its ends', () => {
    const tricky = encodeFrame({ address: '681668166816', control: 0x91, data: fromHex('3535e3e33535e3e3') });
    const decoder = createDlt645Stream();
    const received = Array.from(concatBytes(tricky, frame)).flatMap((byte) => decoder.push(Uint8Array.of(byte)));
    expect(received.map((one) => one.frame)).toEqual([tricky, frame]);
  });

  test('counts FE as bytes skipped, and a wrong checksum as rejected', () => {
    const decoder = createDlt645Stream();
    const wrong = frame.with(14, (frame[14] ?? 0) ^ 1);
    expect(decoder.push(concatBytes(fromHex('fefefefefefefefe'), wrong, frame))).toHaveLength(1);
    expect(decoder.rejectedFrames).toBe(1);
    expect(decoder.skippedBytes).toBe(8 + wrong.length);
  });

  test('takes a frame of 255 data bytes, as some makers send, though none is encoded', () => {
    const data = new Uint8Array(255).fill(0x33);
    const body = Uint8Array.of(0x68, 1, 0, 0, 0, 0, 0, 0x68, 0x91, 255, ...data);
    const sum = body.reduce((total, byte) => (total + byte) & 0xff, 0);
    const received = createDlt645Stream().push(concatBytes(body, Uint8Array.of(sum, 0x16)));
    expect(received).toMatchObject([{ message: { address: '000000000001', data: new Uint8Array(255) } }]);
  });
});
