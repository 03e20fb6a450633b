import { concatBytes, fromHex } from '@openprepay/kernel';
import {
  createDtuStripper,
  DEFAULT_CONVENTIONS,
  type DtuConvention,
  type DtuEvent,
  encodeRegistration,
} from '@openprepay/protocols/dtu';
import { createSniffer, MAX_SNIFF_BYTES } from '@openprepay/protocols/sniff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, sizes } from './mutations.ts';

const ascii = (text: string) => new TextEncoder().encode(text);
const refusal = (code: string) => expect.objectContaining({ code });

const LOGIN: DtuConvention = {
  name: 'login',
  register: { pattern: 'LOGIN:(\\w{1,32})' },
  on: 'connect',
  heartbeats: ['70696e67'],
};
const EVERY: DtuConvention = { ...LOGIN, name: 'every', register: { pattern: '<(\\d{4,8})>' }, on: 'every_packet' };
const EXACT: DtuConvention = { ...LOGIN, register: { hex: 'aa55aa55', key: 'north' } };
const RTU = fromHex('01030000000ac5cd');

/** Line bytes that follow each other as one event, since a cut may part them. */
function joined(events: readonly DtuEvent[]): DtuEvent[] {
  const whole: DtuEvent[] = [];
  for (const event of events) {
    const last = whole.at(-1);
    if (event.kind === 'line' && last?.kind === 'line') {
      whole[whole.length - 1] = { kind: 'line', bytes: concatBytes(last.bytes, event.bytes) };
    } else whole.push(event);
  }
  return whole;
}

function strip(convention: DtuConvention, chunks: readonly Uint8Array[]): DtuEvent[] {
  const stripper = createDtuStripper(convention);
  return joined([...chunks.flatMap((chunk) => stripper.push(chunk)), ...stripper.settle()]);
}

describe('what a modem adds', () => {
  test.each([
    ['a login line, then the line', LOGIN, [ascii('LOGIN:1001'), RTU], ['registered 1001', 'line']],
    ['the IMEI', DEFAULT_CONVENTIONS[1], [ascii('867531234567890'), RTU], ['registered 867531234567890', 'line']],
    ['exact bytes with a key of their own', EXACT, [fromHex('aa55aa55'), RTU], ['registered north', 'line']],
    [
      'a registration before every packet',
      EVERY,
      [ascii('<1001>'), RTU, ascii('<1001>'), RTU],
      ['registered 1001', 'line'],
    ],
    ['a heartbeat before the registration', LOGIN, [ascii('pingLOGIN:7'), RTU], ['heartbeat', 'registered 7', 'line']],
    [
      'a heartbeat between frames',
      LOGIN,
      [ascii('LOGIN:7'), RTU, ascii('ping'), RTU],
      ['registered 7', 'line', 'heartbeat', 'line'],
    ],
    ['no registration at all', LOGIN, [RTU], ['line']],
    [
      'six bytes of any kind',
      { ...LOGIN, register: { bytes: 6 } },
      [fromHex('00ff00112233'), RTU],
      ['registered 00ff00112233', 'line'],
    ],
  ] as const)('%s', (_, convention, parts, expected) => {
    if (!convention) throw new Error('no convention');
    const events = strip(convention, [concatBytes(...parts)]);
    expect(events.map((event) => (event.kind === 'registered' ? `registered ${event.key}` : event.kind))).toEqual(
      expected,
    );
    const lines = events.flatMap((event) => (event.kind === 'line' ? [event.bytes] : []));
    const frames = parts.filter((part) => part === RTU);
    expect(concatBytes(...lines)).toEqual(concatBytes(...frames));
  });

  test('is taken out the same however the bytes are cut, and never more than 80 bytes are held', () => {
    const part = fc.oneof(
      fc.constantFrom(
        ascii('LOGIN:1001'),
        ascii('<1001>'),
        ascii('ping'),
        ascii('pin'),
        ascii('<10'),
        fromHex('aa55aa55'),
        RTU,
      ),
      fc.uint8Array({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(LOGIN, EVERY, EXACT, ...DEFAULT_CONVENTIONS),
        fc.array(part, { maxLength: 8 }),
        sizes,
        (convention, parts, chunks) => {
          const bytes = concatBytes(...parts);
          const pieces = cut(bytes, chunks);
          expect(strip(convention, pieces)).toEqual(strip(convention, [bytes]));
          const stripper = createDtuStripper(convention);
          for (const piece of pieces) {
            stripper.push(piece);
            expect(stripper.bufferedBytes).toBeLessThanOrEqual(80);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('costs little, even where every byte could begin a mark', () => {
    const stripper = createDtuStripper({ ...LOGIN, heartbeats: [`${'61'.repeat(79)}62`, 'aa55aa55'] });
    const chunk = new Uint8Array(1 << 16).fill(0x61);
    const before = process.threadCpuUsage();
    for (let round = 0; round < 4; round++) stripper.push(chunk);
    const spent = process.threadCpuUsage(before);
    expect((spent.user + spent.system) / (4 * chunk.length)).toBeLessThan(20);
    expect(stripper.bufferedBytes).toBeLessThanOrEqual(80);
  });

  test('a key of variable length waits for the silence after it', () => {
    const stripper = createDtuStripper(LOGIN);
    expect(stripper.push(ascii('LOGIN:10'))).toEqual([]);
    expect(stripper.push(ascii('01'))).toEqual([]);
    expect(stripper.settle()).toEqual([{ kind: 'registered', key: '1001' }]);
    expect(stripper.key).toBe('1001');
  });

  test('the registration is what the simulated modem sends', () => {
    expect(encodeRegistration(LOGIN, '1001')).toEqual(ascii('LOGIN:1001'));
    expect(encodeRegistration(EXACT, 'north')).toEqual(fromHex('aa55aa55'));
    expect(() => encodeRegistration(LOGIN, 'not a word')).toThrow(refusal('frame.bad_value'));
  });

  test.each([
    ['a pattern that is any expression', { pattern: '(.*)' }],
    ['nested repetition', { pattern: '((a+)+)' }],
    ['no group', { pattern: 'LOGIN' }],
    ['a registration that any frame may hold', { bytes: 2 }],
    ['one longer than modems take', { pattern: 'LOGIN:(\\w{1,80})' }],
    ['half a byte', { hex: 'aa55a', key: 'x' }],
  ])('a convention with %s is refused', (_, register) => {
    expect(() => createDtuStripper({ ...LOGIN, register })).toThrow(refusal('frame.bad_value'));
  });

  test('a heartbeat so short that a meter may say it is refused', () => {
    expect(() => createDtuStripper({ ...LOGIN, heartbeats: ['00'] })).toThrow(refusal('frame.bad_value'));
  });
});

describe('the first bytes of a connection', () => {
  const sniff = createSniffer(DEFAULT_CONVENTIONS);
  const kindOf = (bytes: Uint8Array, silent: boolean) => {
    const sniffed = sniff(bytes, silent);
    return sniffed.kind === 'dtu' ? `dtu ${sniffed.convention.name}` : sniffed.kind;
  };
  const known = [
    ['acrel4g', fromHex('7b7b94beef7d7d')],
    ['acrelgw', fromHex('1f1f0200000000')],
    ['dtu imei', concatBytes(ascii('867531234567890'), RTU)],
    ['dtu iccid', concatBytes(ascii('89860412345678901234'), RTU)],
    ['dtu login', concatBytes(ascii('LOGIN:1001'), RTU)],
    ['bare_meter', fromHex('fefefefe6812345678901268')],
    ['bare_meter', fromHex('6812345678901268')],
    ['garbage', ascii('GET / HTTP/1.1\r\n')],
    ['garbage', fromHex('1603010200010001fc0303')],
    ['garbage', fromHex('7b00')],
    ['garbage', fromHex('fe00')],
  ] as const;

  test.each(known)('%s', (kind, bytes) => {
    expect(kindOf(bytes, false)).toBe(kind);
  });

  test.each(known)('%s is told by no beginning of its bytes as anything else', (kind, bytes) => {
    for (let length = 0; length <= bytes.length; length++) {
      expect(['more', kind]).toContain(kindOf(bytes.subarray(0, length), false));
    }
  });

  test('fifteen digits are an IMEI only when nothing follows, since twenty are a SIM card', () => {
    expect(kindOf(ascii('898604123456789'), false)).toBe('more');
    expect(kindOf(ascii('898604123456789'), true)).toBe('dtu imei');
    expect(kindOf(ascii('89860412345678901234'), false)).toBe('dtu iccid');
  });

  test('once decided, more bytes never change the answer; in the end there always is one', () => {
    const begun = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc
        .tuple(fc.constantFrom(...known), fc.uint8Array({ maxLength: 60 }))
        .map(([[, head], tail]) => concatBytes(head, tail)),
    );
    fc.assert(
      fc.property(begun, (bytes) => {
        let decided: string | null = null;
        for (let length = 1; length <= bytes.length; length++) {
          const kind = kindOf(bytes.subarray(0, length), false);
          if (decided !== null) expect(kind).toBe(decided);
          else if (kind !== 'more') decided = kind;
        }
        if (bytes.length > 0) expect(kindOf(bytes, true)).not.toBe('more');
        if (bytes.length >= MAX_SNIFF_BYTES) expect(decided).not.toBeNull();
      }),
      { numRuns: 2000 },
    );
  });
});
