import { fromHex, toHex } from '@openprepay/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, EDITIONS, idsOf, rowsOf } from '../../test/dlt645-arbitraries.ts';
import { decodeData, encodeData } from './data.ts';
import { findDataId } from './data-ids.ts';

describe.each(EDITIONS)('the data ids of %s', (edition) => {
  const rows = rowsOf(edition);

  test('are each in one row only, and found there', () => {
    const seen = new Set<string>();
    for (const entry of rows) {
      for (const id of idsOf(entry)) {
        expect(seen.has(id), id).toBe(false);
        seen.add(id);
        expect(findDataId(edition, id)?.entry, id).toBe(entry);
      }
    }
    expect(seen.size).toBeGreaterThan(edition === '2007' ? 40_000 : 900);
  });

  test('carry any value of their format there and back, single or as a block', () => {
    for (const entry of rows) {
      fc.assert(
        fc.property(dataOf(edition, entry), ({ dataId, values }) => {
          const items = decodeData(edition, dataId, encodeData(edition, dataId, values));
          expect(items.map(({ value }) => value)).toEqual(values);
        }),
        { numRuns: 20 },
      );
    }
  });

  test('are written in digits and letters that the tables explain, with a source and a clause', () => {
    for (const { id, source, clause } of rows) {
      expect(id).toMatch(edition === '2007' ? /^[0-9A-F]{4}[0-9A-Fa-z]{4}$/ : /^[0-9A-F]{2}[0-9A-Fa-z]{2}$/);
      expect(['recorded', 'single', 'known']).toContain(source);
      expect(clause).toMatch(/^(A\.\d|prepay)$/);
    }
  });
});

describe('data of a meter', () => {
  const item = (dataId: string, hex: string) => decodeData('2007', dataId, fromHex(hex));

  test('of an unknown id are its bytes, and come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        expect(decodeData('2007', 'EE123456', data)).toMatchObject([{ value: toHex(data) }]);
        expect(encodeData('2007', 'EE123456', [toHex(data)])).toEqual(data);
      }),
    );
  });

  test('name tariff, phase and settlement', () => {
    expect(item('00010203', '01000000')[0]?.name).toBe('import active energy, peak, settlements ago: 3');
    expect(item('0201FF00', '00220122ffff').map(({ name, value }) => [name, value])).toEqual([
      ['voltage, phase A', 2200n],
      ['voltage, phase B', 2201n],
      ['voltage, phase C', null],
    ]);
  });

  test('of a block may be fewer than the block could have, never more', () => {
    expect(item('0201FF00', '0022')).toHaveLength(1);
    expect(() => item('0201FF00', '0022002200220022')).toThrow(expect.objectContaining({ code: 'frame.bad_length' }));
  });

  test.each([
    ['a number that is not decimal', '00010000', '0a000000', 'frame.bad_bcd'],
    ['a value of another length', '00010000', '010000', 'frame.bad_length'],
    ['half an item of a block', '0001FF00', '0100000001', 'frame.bad_length'],
    ['half an item of a list', '05060101', '0100000001', 'frame.bad_length'],
    ['a record cut short', '01010000', '010000', 'frame.bad_length'],
  ])('are refused: %s', (_, dataId, hex, code) => {
    expect(() => item(dataId, hex)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['a negative number where there is no sign', '00010000', -1n],
    ['more digits than there is room for', '00010000', 100_000_000n],
    ['a number whose top digit would be taken for a sign', '02030000', 800_000n],
    ['text where a number belongs', '00010000', '1'],
    ['a word of more than 16 bits', '04000503', 0x10000],
    ['a record of too few fields', '01010000', [1n]],
  ])('that do not fit are not encoded: %s', (_, dataId, value) => {
    expect(() => encodeData('2007', dataId, [value])).toThrow(expect.objectContaining({ code: 'frame.bad_value' }));
  });

  test('blocks of two dimensions at once cannot be taken apart, and stay bytes', () => {
    expect(findDataId('2007', '0001FFFF')).toBeNull();
    expect(item('0001FFFF', '0102')).toMatchObject([{ value: '0102' }]);
  });
});
