import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clockOfDigits, digitsOfClock, formatDigits } from './clock.ts';
import { describeErrors } from './reply.ts';
import { decodeRunStatus, describeStatusWord, encodeRunStatus, STATUS_WORDS } from './status-words.ts';

describe('status word 3', () => {
  test.each([
    [0x0000, 'on', 'none'],
    [0x0050, 'off', 'none'],
    [0x0010, 'fault', 'none'],
    [0x0040, 'fault', 'none'],
    [0x0250, 'off', 'money'],
    [0x0100, 'on', 'energy'],
  ])('%i: the relay is %s, prepayment %s', (word, switchState, prepayment) => {
    expect(decodeRunStatus(word)).toMatchObject({ switchState, prepayment });
  });

  test('alarm before the trip and kept power are one bit each', () => {
    expect(decodeRunStatus(0x0080)).toMatchObject({ preTripAlarm: true, keepPower: false });
    expect(decodeRunStatus(0x1000)).toMatchObject({ preTripAlarm: false, keepPower: true });
  });

  test('comes back from what a meter puts in', () => {
    const status = fc.record({
      relayOpen: fc.boolean(),
      relayOrderedOpen: fc.boolean(),
      preTripAlarm: fc.boolean(),
      keepPower: fc.boolean(),
      prepayment: fc.constantFrom('none', 'energy', 'money', 'reserved'),
    });
    fc.assert(
      fc.property(status, (one) => {
        expect(decodeRunStatus(encodeRunStatus(one))).toMatchObject(one);
      }),
    );
  });
});

describe('status words in words', () => {
  test('name each bit', () => {
    expect(describeStatusWord(1, 0b100)).toMatchObject({ clockBattery: 'low', readingBattery: 'good' });
    expect(describeStatusWord(2, 0b100010)).toMatchObject({
      activePowerDirectionB: 'reverse',
      reactivePowerDirectionB: 'reverse',
      activePowerDirectionA: 'forward',
    });
    expect(describeStatusWord(3, 0x0204)).toMatchObject({ supply: 'battery', meterType: 'prepaid by money' });
    expect(describeStatusWord(5, 0x0101)).toMatchObject({ voltageLoss: 'yes', currentBreak: 'yes', overload: 'no' });
    expect(describeStatusWord(7, 0x0020)).toMatchObject({ powerDown: 'yes' });
  });

  test('no two fields share a bit, and every value has a meaning', () => {
    for (const fields of Object.values(STATUS_WORDS)) {
      const bits = fields.flatMap(({ bit, width }) => Array.from({ length: width }, (_, at) => bit + at));
      expect(new Set(bits).size).toBe(bits.length);
      expect(Math.max(...bits)).toBeLessThan(16);
      for (const { width, meanings } of fields) expect(meanings).toHaveLength(1 << width);
    }
  });
});

describe('errors in words', () => {
  test('differ by edition, and the security chip has its own', () => {
    expect(describeErrors('2007', Uint8Array.of(0b110))).toEqual(['no such data', 'wrong password or not authorised']);
    expect(describeErrors('1997', Uint8Array.of(0b10))).toEqual(['wrong data id']);
    expect(describeErrors('2007', Uint8Array.of(0x20, 0x80))).toEqual(['purchase count wrong', 'reserved bit 15']);
    expect(describeErrors('2007', Uint8Array.of(0))).toEqual([]);
  });
});

describe('clocks', () => {
  const clock = { year: 2026, month: 10, day: 12, hour: 15, minute: 30, second: 59, weekday: 1 };

  test.each([
    ['YYMMDDhhmmss', '261012153059'],
    ['YYMMDDWWhhmmss', '26101201153059'],
  ])('stand in %s as %s', (layout, digits) => {
    expect(digitsOfClock(clock, layout)).toBe(digits);
    expect(clockOfDigits(digits, layout)).toEqual(clock);
  });

  test('that show no possible time are null', () => {
    expect(clockOfDigits('260230000000', 'YYMMDDhhmmss')).toBeNull();
    expect(clockOfDigits('2610121560', 'YYMMDDhhmm')).toBeNull();
    expect(clockOfDigits('1530', 'hhmm')).toBeNull();
    expect(clockOfDigits('2610', 'YYMMDDhhmm')).toBeNull();
  });

  test.each([
    ['2610121530', 'YYMMDDhhmm', '26-10-12 15:30'],
    ['99999930', 'MMDDhhmm', '99-99 99:30'],
    ['16011101', 'YYMMDDWW', '16-01-11 Monday'],
    ['160111', 'MMDDNN', '16-01 table 11'],
  ])('%s in %s reads %s', (digits, layout, text) => {
    expect(formatDigits(digits, layout)).toBe(text);
  });
});
