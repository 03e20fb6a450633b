import { fromHex, toHex } from '@openprepay/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { valueFor } from '../../test/dlt645-arbitraries.ts';
import type { Format } from '../dlt645/format.ts';
import {
  CJT188_DATA_IDS,
  decodeContents,
  findDataId,
  readAddressRequest,
  refusalOf,
  replyOf,
  requestOf,
} from './data-ids.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { decodeReadReply } from './water.ts';

const METER = '78330011223344';
const NOTHING = fc.constant(null);
const anyOf = (format: Format | null) => (format === null ? NOTHING : valueFor(format));
const order = fc.constantFrom('msb-first' as const, 'lsb-first' as const);

describe('the data ids of CJ/T 188', () => {
  test('are each there once, and found', () => {
    expect(new Set(CJT188_DATA_IDS.map(({ id }) => id)).size).toBe(CJT188_DATA_IDS.length);
    for (const entry of CJT188_DATA_IDS) expect(findDataId(entry.id)).toBe(entry);
    expect(findDataId('D12B')?.name).toBe('settled volume, 12 settlements ago');
    expect(findDataId('D12C')).toBeNull();
  });

  test.each(CJT188_DATA_IDS)('$id, $name: any value goes there and back, in either order of the id', (entry) => {
    const cases = fc.record({
      asked: anyOf(entry.request),
      said: anyOf(entry.reply),
      dataIdOrder: order,
      tail: fc.uint8Array({ maxLength: 12 }),
    });
    fc.assert(
      fc.property(cases, ({ asked, said, dataIdOrder, tail }) => {
        const request = requestOf(METER, entry.id, asked, 7, { meterType: 0x10, dataIdOrder });
        const heard = decodeFrame(encodeFrame(request));
        expect(heard).toEqual(request);
        expect(decodeContents(heard)).toMatchObject({ value: asked, tail: '' });
        const reply = decodeFrame(encodeFrame(replyOf(heard, said, tail)));
        expect(decodeContents(reply)).toEqual({ format: entry.reply, value: said, tail: toHex(tail) });
      }),
    );
  });
});

describe('frames with them', () => {
  test('the new address of a recorded write is read', () => {
    const frame = decodeFrame(fromHex('681002000005080000150aa01800010000050800006c16'));
    expect(decodeContents(frame).value).toBe('00000805000001');
    expect(requestOf('00000805000002', 'A018', '00000805000001', 0)).toEqual(frame);
  });

  test('the recorded call for an address is the one made', () => {
    expect(toHex(encodeFrame(readAddressRequest(0), 4))).toBe('fefefefe68aaaaaaaaaaaaaaaa0303810a004916');
  });

  test('a longer metering reply of 2018 gives what the edition of 2004 has', () => {
    const reply = decodeFrame(fromHex('68104433221100337881161f9000007766552c007766552c3101221105152021841316'));
    const longer = decodeFrame(encodeFrame({ ...reply, data: Uint8Array.of(...reply.data, 1, 2, 3) }));
    expect(decodeReadReply(longer)).toEqual(decodeReadReply(reply));
    expect(decodeContents(longer).tail).toBe('010203');
  });

  test('a refusal has a status and no data id', () => {
    const refusal = refusalOf(requestOf(METER, 'A017', 0x55, 9), Uint8Array.of(0x02, 0x00));
    expect(decodeFrame(encodeFrame(refusal))).toMatchObject({ control: 0xc4, dataId: null, series: 9 });
  });

  test('data that is too short, or an id that is none, is refused', () => {
    const short = { ...requestOf(METER, '8105', null, 1), control: 0x81, data: fromHex('0102') };
    expect(() => decodeContents(short)).toThrow(expect.objectContaining({ code: 'frame.bad_length' }));
    expect(() => requestOf(METER, '1234', null, 1)).toThrow(expect.objectContaining({ code: 'frame.bad_value' }));
    expect(decodeContents({ ...short, dataId: '1234' })).toEqual({ format: null, value: null, tail: '0102' });
  });
});
