import { concatBytes, fromHex, toHex } from '@openprepay/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { valueFor } from '../../test/dlt645-arbitraries.ts';
import { isProtocolError } from '../errors.ts';
import { decodeLoadRecords, encodeLoadRecord, LOAD_CLASSES, type LoadRecord } from './load-record.ts';
import { partsOf } from './value.ts';

const loadRecord: fc.Arbitrary<LoadRecord> = fc.record({
  time: fc.option(fc.bigInt({ min: 0n, max: 9_999_999_999n }).map((digits) => digits.toString().padStart(10, '0'))),
  classes: fc.tuple(...LOAD_CLASSES.map((fields) => fc.option(valueFor({ kind: 'record', fields }).map(partsOf)))),
});

/** 2026-10-12 15:30, only energy: import 123456.78, export 0.01 kWh, the reactive ones unknown; written by hand. */
const BY_HAND = fromHex(`a0a01b 3015121026 aaaaaa 78563412 01000000 ffffffff ffffffff aa aa aa ${'00'} e5`);
const good = BY_HAND.with(
  BY_HAND.length - 2,
  BY_HAND.subarray(0, -2).reduce((total, byte) => (total + byte) & 0xff, 0),
);

describe('load records', () => {
  test('are read at the places of the standard', () => {
    expect(decodeLoadRecords(good)).toEqual([
      { time: '2610121530', classes: [null, null, null, [12_345_678n, 1n, null, null], null, null] },
    ]);
  });

  test('come back, several in a row', () => {
    fc.assert(
      fc.property(fc.array(loadRecord, { maxLength: 4 }), (records) => {
        expect(decodeLoadRecords(concatBytes(...records.map(encodeLoadRecord)))).toEqual(records);
      }),
    );
  });

  test.each([
    ['cut short', good.subarray(0, -1), 'frame.truncated'],
    ['with a wrong checksum', good.with(9, 0x78), 'frame.bad_checksum'],
    ['without its head', good.with(0, 0xa1), 'frame.bad_delimiter'],
    ['without its end', good.with(good.length - 1, 0), 'frame.bad_delimiter'],
  ])('are refused: %s', (_, data, code) => {
    expect(() => decodeLoadRecords(data)).toThrow(expect.objectContaining({ code }));
  });

  test('of any bytes are refused by name, or encode to the same bytes', () => {
    const changed = fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          changed.map(([at, byte]) => good.with(at, byte)),
        ),
        (data) => {
          try {
            const again = concatBytes(...decodeLoadRecords(data).map(encodeLoadRecord));
            expect(toHex(again)).toBe(toHex(data));
          } catch (error) {
            if (!isProtocolError(error)) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
