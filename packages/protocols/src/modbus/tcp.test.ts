import { concatBytes, fromHex, toHex } from '@openprepay/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { modbusReply, modbusRequest } from '../../test/arbitraries.ts';
import { encodeReply } from './reply.ts';
import { encodeRequest } from './request.ts';
import { createModbusTcpStream, decodeTcp, encodeTcp, type ModbusTcpFrame } from './tcp.ts';

/** The example of the Modbus application protocol, 6.3: registers 108 to 110 of unit 17. */
const READ = '0001 0000 0006 11 03 006b 0003';

const frames: fc.Arbitrary<ModbusTcpFrame> = fc.record({
  transactionId: fc.integer({ min: 0, max: 0xffff }),
  rtu: fc.oneof(modbusRequest.map(encodeRequest), modbusReply.map(encodeReply)),
});

describe('a Modbus frame over TCP', () => {
  test('carries what the RTU frame says, without its CRC', () => {
    const rtu = encodeRequest({ kind: 'read', unit: 0x11, start: 0x6b, quantity: 3 });
    expect(toHex(encodeTcp({ transactionId: 1, rtu }))).toBe(toHex(fromHex(READ)));
    expect(decodeTcp(fromHex(READ))).toEqual({ transactionId: 1, rtu });
  });

  test('comes back', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeTcp(encodeTcp(frame))).toEqual(frame);
      }),
    );
  });

  test.each([
    ['0001 0000', 'frame.truncated'],
    ['0001 0001 0006 11 03 006b 0003', 'frame.bad_delimiter'],
    ['0001 0000 0001 11', 'frame.bad_length'],
    ['0001 0000 00ff 11', 'frame.bad_length'],
    ['0001 0000 0007 11 03 006b 0003', 'frame.truncated'],
    ['0001 0000 0005 11 03 006b 0003', 'frame.bad_length'],
  ])('%s is refused: %s', (hex, code) => {
    expect(() => decodeTcp(fromHex(hex))).toThrow(expect.objectContaining({ code }));
  });

  test('is not made of an RTU frame with a wrong CRC, nor with an id that does not fit', () => {
    const rtu = encodeRequest({ kind: 'read', unit: 1, start: 0, quantity: 1 });
    expect(() => encodeTcp({ transactionId: 1, rtu: rtu.with(7, 0) })).toThrow(/CRC/);
    expect(() => encodeTcp({ transactionId: 0x10000, rtu })).toThrow(/16 bits/);
  });
});

describe('a stream of them', () => {
  test('gives every frame, however it is cut, and none of those that lie within another', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(frames, { minLength: 1, maxLength: 5 }), cuts, (sent, sizes) => {
        const bytes = concatBytes(...sent.map(encodeTcp));
        const decoder = createModbusTcpStream();
        const ends = sizes.map((_, at) => sizes.slice(0, at + 1).reduce((sum, size) => sum + size, 0));
        const chunks = [...ends, bytes.length].map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
        expect(chunks.flatMap((chunk) => decoder.push(chunk)).map(({ message }) => message)).toEqual(sent);
        expect(decoder.bufferedBytes + decoder.skippedBytes).toBe(0);
      }),
    );
  });

  test('finds the next frame behind bytes that are none, and holds no more than one', () => {
    const decoder = createModbusTcpStream();
    decoder.push(fromHex('7b7b0102ffff'));
    expect(decoder.push(fromHex(READ))).toHaveLength(1);
    expect(decoder.skippedBytes).toBe(6);
    decoder.push(fromHex('0001 0000 00fe'));
    expect(decoder.bufferedBytes).toBe(6);
    decoder.reset();
    expect(decoder.bufferedBytes).toBe(0);
  });
});
