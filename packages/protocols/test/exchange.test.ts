import { decodeSwitchRegisters, restorePrepaidWrite, switchWrite } from '@openprepay/protocols/acrel1352';
import {
  decodeFrame,
  decodeReadReply,
  decodeValveReply,
  decodeValveRequest,
  encodeFrame,
  readRequest,
  valveReply,
  valveRequest,
} from '@openprepay/protocols/cjt188';
import { commandStatusOf, dedupeKey, parseCommandReply, parsePush, sign } from '@openprepay/protocols/ctwing';
import { answers, encodeRequest, type ModbusReply, type ModbusRequest } from '@openprepay/protocols/modbus';
import { describe, expect, test } from 'vitest';
import { meterModels } from '../src/index.ts';

describe('a Modbus reply answers', () => {
  const read: ModbusRequest = { kind: 'read', unit: 1, start: 0x200, quantity: 2 };
  const write = switchWrite('off', 1);
  const data = new Uint8Array(4);

  test.each<readonly [string, ModbusRequest, ModbusReply, boolean]>([
    ['a read with as many registers', read, { kind: 'read', unit: 1, data }, true],
    ['no read of another length', read, { kind: 'read', unit: 1, data: new Uint8Array(6) }, false],
    ['no other unit', read, { kind: 'read', unit: 2, data }, false],
    ['no write with a read', write, { kind: 'read', unit: 1, data }, false],
    ['a write at its address', write, { kind: 'write', unit: 1, start: 0x57, quantity: 2 }, true],
    ['no write elsewhere', write, { kind: 'write', unit: 1, start: 0x58, quantity: 2 }, false],
    [
      'with an exception of its function',
      write,
      { kind: 'exception', unit: 1, functionCode: 0x10, exceptionCode: 2 },
      true,
    ],
    ['with no exception of another', read, { kind: 'exception', unit: 1, functionCode: 0x10, exceptionCode: 2 }, false],
    [
      'a single write with the value written',
      { kind: 'write', unit: 1, start: 0x57, registers: [1], single: true },
      { kind: 'write', unit: 1, start: 0x57, quantity: 1, singleValue: 1 },
      true,
    ],
  ])('%s', (_, request, reply, expected) => {
    expect(answers(request, reply)).toBe(expected);
  });
});

describe('switch registers', () => {
  test('force, then state: the values that the vendor writes', () => {
    expect(switchWrite('on', 1)).toMatchObject({ start: 0x57, registers: [1, 0] });
    expect(switchWrite('off', 1)).toMatchObject({ start: 0x57, registers: [1, 1] });
    expect(restorePrepaidWrite(1)).toMatchObject({ start: 0x57, registers: [0, 0] });
    expect(Buffer.from(encodeRequest(switchWrite('off', 1))).toString('hex')).toBe('01100057000204000100012775');
  });

  test('are read back, and anything but 0 and 1 is refused', () => {
    expect(decodeSwitchRegisters(Uint8Array.of(0, 1, 0, 1))).toEqual({ forced: true, state: 'off' });
    expect(decodeSwitchRegisters(Uint8Array.of(0, 0, 0, 0))).toEqual({ forced: false, state: 'on' });
    expect(() => decodeSwitchRegisters(Uint8Array.of(0, 2, 0, 0))).toThrow(
      expect.objectContaining({ code: 'frame.bad_value' }),
    );
  });
});

describe('a valve', () => {
  const request = valveRequest('78330011223344', 'off', 9);

  test('is ordered and answered over the wire', () => {
    const received = decodeFrame(encodeFrame(request, 4));
    expect(decodeValveRequest(received)).toBe('off');
    const reply = valveReply(received, { valve: 'on', batteryLow: true, statusRaw: '00a0' });
    expect(reply.series).toBe(9);
    expect(decodeValveReply(decodeFrame(encodeFrame(reply)))).toEqual({
      valve: 'on',
      batteryLow: true,
      statusRaw: '04a0',
    });
  });

  test.each([
    ['0000', 'on'],
    ['0100', 'off'],
    ['0200', 'fault'],
    ['0300', 'fault'],
  ])('status %s is %s', (statusRaw, valve) => {
    const reply = { ...request, control: 0x84, data: Uint8Array.from(Buffer.from(statusRaw, 'hex')) };
    expect(decodeValveReply(reply)).toMatchObject({ valve, statusRaw });
  });

  test('a reply to something else is no status', () => {
    expect(() => decodeReadReply(request)).toThrow(expect.objectContaining({ code: 'frame.unknown_function' }));
  });

  test('an error reply has a series and no data id', () => {
    const frame = { ...readRequest('78330011223344', 5), control: 0xc1, dataId: null, data: Uint8Array.of(1, 0) };
    expect(decodeFrame(encodeFrame(frame))).toMatchObject({ dataId: null, series: 5 });
  });
});

describe('CTWing', () => {
  const push = {
    timestamp: 1_589_444_231_825,
    productId: '1',
    deviceId: 'd',
    messageType: 'dataReport',
    payload: { a: 1, b: 2 },
  };

  test('a push sent again has the same key, whatever its serial numbers and the order of its fields', () => {
    const again = { ...push, upPacketSN: 7, payload: { b: 2, a: 1 } };
    expect(dedupeKey(parsePush(again))).toBe(dedupeKey(parsePush(push)));
  });

  test.each([{ timestamp: push.timestamp + 1 }, { deviceId: 'e' }, { payload: { a: 1, b: 3 } }])(
    'a push with other %j has another key',
    (other) => {
      expect(dedupeKey(parsePush({ ...push, ...other }))).not.toBe(dedupeKey(parsePush(push)));
    },
  );

  test('an answer of the platform gives id and status in words; a refusal is an error', () => {
    const result = { commandId: 17, commandStatus: 3 };
    expect(parseCommandReply({ code: 0, msg: 'ok', result })).toEqual({ commandId: '17', status: 'delivered' });
    expect(() => parseCommandReply({ code: 1500, msg: 'no device' })).toThrow(
      expect.objectContaining({ code: 'frame.bad_value' }),
    );
    expect(commandStatusOf(5)).toBe('unknown');
  });

  test('query parameters are signed in the order of their names', () => {
    const signing = { application: 'a', timestamp: 1 };
    expect(sign('s', { b: '2', a: '1' }, '', signing)).toBe(sign('s', { a: '1', b: '2' }, '', signing));
  });
});

test('the catalogue knows every model by its name', () => {
  for (const [name, model] of Object.entries(meterModels)) {
    expect(model.model).toBe(name);
    expect(model.maxPerHour).toBeGreaterThan(0n);
    expect(model.modulus).toBeGreaterThan(1_000n * model.maxPerHour);
    const settings = model.unverified.filter((one) => one !== 'switch' && one !== 'load_record');
    expect(model.settings).toEqual(expect.arrayContaining(settings));
  }
});
