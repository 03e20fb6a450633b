import { fromHex, toHex } from '@openprepay/kernel';
import {
  buildHwTopic,
  buildIotTopic,
  decodeHwDown,
  decodeHwUp,
  decodeIotDown,
  decodeIotUp,
  decryptCts,
  encodeHwDown,
  encodeHwUp,
  encodeIotDown,
  encodeIotUp,
  encryptCts,
  HW_COMMANDS,
  type HwDown,
  type HwUp,
  type IotDown,
  type IotUp,
  type Packing,
  PLAIN,
  parseHwTopic,
  parseIotTopic,
  readingOfHwData,
} from '@openprepay/protocols/acrelmqtt';
import { describeFrame } from '@openprepay/protocols/describe';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutated, orRefused, wallClock } from './mutations.ts';

const SECRET = '0123456789abcdef';
const refusal = (code: string) => expect.objectContaining({ code });
const json = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

const id = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,19}$/).filter((text) => text !== 'null' && text !== 'undefined');
const maybe = fc.option(id);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
const values = fc.uniqueArray(
  fc.tuple(fc.constantFrom('ua', 'ub', 'wh', 'pf', 'x1'), fc.stringMatching(/^\d{1,6}\.\d$/)),
  {
    selector: ([name]) => name,
    maxLength: 4,
  },
);

describe('topics', () => {
  test('of both families are built and parsed back', () => {
    const direction = fc.constantFrom('up' as const, 'down' as const);
    fc.assert(
      fc.property(direction, fc.option(id), fc.constantFrom(...HW_COMMANDS), id, (side, product, command, serial) => {
        const topic = { direction: side, product, command, serial };
        expect(parseHwTopic(buildHwTopic(topic))).toEqual(topic);
      }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('sys' as const, 'indicate' as const),
        direction,
        id,
        id,
        (channel, side, productKey, serial) => {
          const topic = { channel, direction: side, productKey, serial };
          expect(parseIotTopic(buildIotTopic(topic))).toEqual(topic);
        },
      ),
    );
  });

  test('of the published forms are known', () => {
    expect(parseHwTopic('/gw/acrelHW/null/login/12345678')).toMatchObject({ product: null, command: 'login' });
    expect(parseIotTopic('data/up/key/sn1')).toEqual({
      channel: 'data',
      direction: 'up',
      productKey: 'key',
      serial: 'sn1',
    });
  });

  test.each(['', '/gw/acrelHW/a/b', '/gw/acrelHW/+/login/#', 'sys/dev/a', 'sys/dev/a/b/c', '$SYS/broker'])(
    '%s is none',
    (topic) => {
      expect(() => parseHwTopic(topic)).toThrow(refusal('frame.bad_payload'));
      expect(() => parseIotTopic(topic)).toThrow(refusal('frame.bad_payload'));
    },
  );
});

const hwUp: fc.Arbitrary<HwUp> = fc.oneof(
  fc.record({
    kind: fc.constant('login' as const),
    serial: id,
    local: fc.option(wallClock),
    iccid: maybe,
    imei: maybe,
    rssi: fc.option(fc.integer({ min: -120, max: 99 }).filter((value) => value !== -1)),
    version: maybe,
  }),
  fc.record({ kind: fc.constantFrom('time_request' as const, 'heartbeat' as const), serial: id }),
  fc.record({
    kind: fc.constant('data' as const),
    serial: id,
    meterSerial: id,
    meterName: maybe,
    missing: fc.boolean(),
    local: fc.option(wallClock),
    history: fc.boolean(),
    values,
  }),
  fc.record({ kind: fc.constant('transparent' as const), serial: id, meterSerial: maybe, bytes }),
);
const hwDown: fc.Arbitrary<HwDown> = fc.oneof(
  fc.record({ kind: fc.constant('ack' as const), command: fc.constantFrom('login', 'data'), accepted: fc.boolean() }),
  fc.record({ kind: fc.constant('time' as const), local: wallClock }),
  fc.record({ kind: fc.constant('transparent' as const), meterSerial: id, bytes }),
  fc.record({
    kind: fc.constant('command' as const),
    command: fc.constant('control'),
    body: fc.constant({ do1: 1, meterSN: 'x' }),
  }),
);

describe('acrelHW', () => {
  test('what is encoded is decoded again', () => {
    fc.assert(
      fc.property(hwUp, hwDown, (up, down) => {
        const fromDevice = encodeHwUp(up);
        expect(decodeHwUp(fromDevice.command, fromDevice.payload)).toEqual(up);
        const fromServer = encodeHwDown(down);
        expect(decodeHwDown(fromServer.command, fromServer.payload)).toEqual(down);
      }),
      { numRuns: 1000 },
    );
  });

  test('a login of the published form is answered with res 1', () => {
    const login = {
      type: 'login',
      gwSN: '22010101',
      time: '20260301083000',
      ver: '1.2',
      ccid: '8986',
      imei: '8675',
      rssi: 23,
    };
    expect(decodeHwUp('login', json(login))).toMatchObject({
      kind: 'login',
      serial: '22010101',
      rssi: 23,
      local: { day: 1 },
    });
    const { payload } = encodeHwDown({ kind: 'ack', command: 'login', accepted: true });
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ type: 'login', res: 1 });
  });

  test('points of the variant with ids are values too', () => {
    const data = { type: 'data', gwSN: 'g', meterSN: 'm', data: [{ point: [{ id: 'ua', val: '230.1' }] }] };
    expect(decodeHwUp('data', json(data))).toMatchObject({ values: [['ua', '230.1']] });
  });

  test('a total of assumed unit is no reading until it is verified; a missing meter has none at all', () => {
    const data = decodeHwUp(
      'data',
      json({ type: 'data', gwSN: 'g', meterSN: 'm', meterStatus: 'normal', wh: '12.5', ua: '230.1' }),
    );
    if (data.kind !== 'data') throw new Error('no data');
    expect(readingOfHwData(data, { verified: false })).toMatchObject({
      reading: null,
      details: [{ name: 'total' }, { name: 'voltage_a' }],
    });
    expect(readingOfHwData(data, { verified: true }).reading?.total).toBe(12_500n);
    expect(readingOfHwData({ ...data, missing: true }, { verified: true }).reading).toBeNull();
  });
});

const head = { msgid: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)), serial: id };
const at = fc.integer({ min: 946_684_800, max: 4_102_444_799 }).map((seconds) => new Date(seconds * 1000));
const iotUp: fc.Arbitrary<IotUp> = fc.oneof(
  fc.record({
    ...head,
    at: fc.option(at),
    kind: fc.constant('login' as const),
    compress: fc.constantFrom('none' as const, 'zlib' as const, 'lzo' as const),
    encrypted: fc.boolean(),
    uploadIntervalS: fc.option(fc.integer({ min: 1, max: 86_400 })),
    deviceName: maybe,
    softwareCode: maybe,
    softwareVersion: maybe,
    network: fc.constantFrom('4g' as const, 'wifi' as const, 'ethernet' as const, null),
    imei: maybe,
    iccid: maybe,
    mac: maybe,
  }),
  fc.record({ ...head, at: fc.option(at), kind: fc.constant('time_request' as const) }),
  fc.record({
    ...head,
    at,
    kind: fc.constant('answer' as const),
    method: fc.constant('operate'),
    done: fc.boolean(),
    errorCode: fc.constantFrom(null, '503'),
  }),
);
const iotDown: fc.Arbitrary<IotDown> = fc.oneof(
  fc.record({
    ...head,
    at,
    kind: fc.constant('answer' as const),
    method: fc.constant('login'),
    accepted: fc.boolean(),
    errorCode: fc.constantFrom(null, '503'),
  }),
  fc.record({ ...head, at, kind: fc.constant('time' as const) }),
  fc.record({
    ...head,
    at,
    kind: fc.constant('switch' as const),
    address: maybe,
    meterName: id,
    wanted: fc.constantFrom('on' as const, 'off' as const),
  }),
  fc.record({ ...head, at, kind: fc.constant('operate' as const), payload: fc.constant({ addr: 'x', loop: 1 }) }),
);
const packing: fc.Arbitrary<Packing> = fc.record({
  compress: fc.constantFrom('none' as const, 'zlib' as const),
  secret: fc.constantFrom(null, SECRET),
});

describe('the domestic platform', () => {
  test('what is encoded is decoded again, however it is packed', () => {
    fc.assert(
      fc.property(iotUp, iotDown, packing, (up, down, way) => {
        const channel = up.kind === 'answer' ? 'indicate' : 'sys';
        expect(decodeIotUp(channel, encodeIotUp(up, way), way)).toEqual(up);
        expect(decodeIotDown(encodeIotDown(down, way), way)).toEqual(down);
      }),
      { numRuns: 1000 },
    );
  });

  test('an upload of several meters is decoded again', () => {
    const meter = fc.record({ address: maybe, name: maybe, values });
    const upload = fc.record({
      ...head,
      at,
      kind: fc.constant('data' as const),
      method: fc.constant('data'),
      meters: fc.array(meter, { maxLength: 5 }),
    });
    fc.assert(
      fc.property(upload, (message) => {
        expect(decodeIotUp('data', encodeIotUp(message, PLAIN), PLAIN)).toEqual(message);
      }),
    );
  });

  test('a msgid of 64 bits keeps its last digit, as a number and as text, and is answered as a number', () => {
    const text = '{"msgid":9223372036854775807,"method":"time","sn":"s"}';
    expect(decodeIotUp('sys', json(text), PLAIN)).toMatchObject({ msgid: '9223372036854775807' });
    expect(decodeIotUp('sys', json(text.replace(/(\d{19})/, '"$1"')), PLAIN)).toMatchObject({
      msgid: '9223372036854775807',
    });
    const answer: IotDown = {
      kind: 'answer',
      msgid: '9223372036854775807',
      serial: 's',
      at: null,
      method: 'time',
      accepted: true,
      errorCode: null,
    };
    expect(new TextDecoder().decode(encodeIotDown(answer, PLAIN))).toContain('"msgid":9223372036854775807,');
  });

  test('a switch order has the form seen in the field, 1 = on', () => {
    const order: IotDown = {
      kind: 'switch',
      address: null,
      msgid: '7',
      serial: 'sn1',
      at: null,
      meterName: 'DDSY1352-IOT',
      wanted: 'on',
    };
    expect(JSON.parse(new TextDecoder().decode(encodeIotDown(order, PLAIN)))).toEqual({
      msgid: 7,
      sn: 'sn1',
      method: 'operate',
      payload: { addr: 'sn1', meterName: 'DDSY1352-IOT', method: 'FORCESWITCH', ForceSwitch: 1, do1: 1 },
    });
  });

  test('LZO is refused by name', () => {
    expect(() => decodeIotUp('sys', bytesOf(20), { compress: 'lzo', secret: null })).toThrow(
      refusal('frame.not_supported'),
    );
    const login = { msgid: 1, method: 'login', sn: 's', payload: { compress: 1, compressAlgo: 'ZSTD' } };
    expect(() => decodeIotUp('sys', json(login), PLAIN)).toThrow(refusal('frame.not_supported'));
  });

  test.each([
    ['no sn', { msgid: 1, method: 'login' }],
    ['a msgid that is no number', { msgid: 'x', sn: 's' }],
    ['res 2', { msgid: 1, sn: 's', res: 2 }],
    ['a list', [1]],
    ['not JSON', '{"msgid":'],
    ['nested too deep', '['.repeat(100_000)],
    ['quotes and backslashes without end', `"${'\\"'.repeat(400_000)}`],
  ])('%s is refused', (_, message) => {
    expect(() => decodeIotUp('sys', json(message), PLAIN)).toThrow(refusal('frame.bad_payload'));
  });
});

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, at) => at);

describe('AES with ciphertext stealing', () => {
  /** OpenSSL's aes-128-cbc-cts over 00 01 02 …, whose last two parts are swapped here: it writes the variant CS1, we CS3. */
  test.each([
    [16, '59b24fcf01976acae963981ba6573d33'],
    [17, 'b5e99be6cd621f9a4a35980045ad9ca2' + '59'],
    [31, 'c657883ea6d2d04d0c9620ddb98f123a' + '59b24fcf01976acae963981ba6573d'],
    [32, '442b13568c438e1be69ff039293f264d' + '59b24fcf01976acae963981ba6573d33'],
    [33, '59b24fcf01976acae963981ba6573d33' + '40b4d2a83c16c8aa0d2cc79c8fdc3e96' + '44'],
  ])('%i bytes give what OpenSSL gives, and come back', (length, expected) => {
    expect(toHex(encryptCts(bytesOf(length), SECRET))).toBe(expected);
    expect(decryptCts(fromHex(expected), SECRET)).toEqual(bytesOf(length));
  });

  test('every length from a block on comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 200 }), (plain) => {
        expect(decryptCts(encryptCts(plain, SECRET), SECRET)).toEqual(plain);
      }),
    );
  });
});

describe('payloads that nobody meant', () => {
  const good = fc.oneof(
    hwUp.map((message) => encodeHwUp(message).payload),
    fc.tuple(iotUp, packing).map(([message, way]) => encodeIotUp(message, way)),
    fc.tuple(iotDown, packing).map(([message, way]) => encodeIotDown(message, way)),
    fc.json().map(json),
  );

  test('are refused by name or decoded, and described likewise', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(good), good), packing, fc.constantFrom(...HW_COMMANDS), (payload, way, command) => {
        orRefused(() => decodeHwUp(command, payload));
        orRefused(() => decodeHwDown(command, payload));
        for (const channel of ['sys', 'data', 'indicate'] as const) orRefused(() => decodeIotUp(channel, payload, way));
        orRefused(() => decodeIotDown(payload, way));
        orRefused(() => describeFrame('acrelmqtt', payload, SECRET));
      }),
      { numRuns: 3000 },
    );
  });
});
