import type { ZonedParts } from '@openprepay/kernel';
import type { Acrel4gDown, Acrel4gSection, Acrel4gUp } from '@openprepay/protocols/acrel4g';
import type { LiveBlock } from '@openprepay/protocols/acrel1352';
import type { Cjt188Frame, Metering } from '@openprepay/protocols/cjt188';
import type { ModbusReply, ModbusRequest } from '@openprepay/protocols/modbus';
import fc from 'fast-check';

const byte = fc.integer({ min: 0, max: 0xff });
const word = fc.integer({ min: 0, max: 0xffff });
const signedWord = fc.integer({ min: -0x8000, max: 0x7fff });
const counts = fc.integer({ min: 0, max: 0xffff_ffff });
const perPhase = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<readonly [T, T, T]> => fc.tuple(one, one, one);
const exactly = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes });
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const serial = fc.stringMatching(/^[0-9A-Za-z]{2,20}$/);

const wallClock = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
  .map(
    (at): ZonedParts => ({
      year: at.getUTCFullYear(),
      month: at.getUTCMonth() + 1,
      day: at.getUTCDate(),
      hour: at.getUTCHours(),
      minute: at.getUTCMinutes(),
      second: at.getUTCSeconds(),
      weekday: at.getUTCDay(),
    }),
  );

export const modbusRequest: fc.Arbitrary<ModbusRequest> = fc.oneof(
  fc.record({
    kind: fc.constant('read' as const),
    unit: byte,
    start: word,
    quantity: fc.integer({ min: 1, max: 125 }),
  }),
  fc.record({
    kind: fc.constant('write' as const),
    unit: byte,
    start: word,
    registers: fc.array(word, { minLength: 1, maxLength: 123 }),
  }),
  fc.record({
    kind: fc.constant('write' as const),
    unit: byte,
    start: word,
    registers: fc.array(word, { minLength: 1, maxLength: 1 }),
    single: fc.constant(true as const),
  }),
  fc.record({ kind: fc.constant('write_coil' as const), unit: byte, coil: word, on: fc.boolean() }),
);

export const modbusReply: fc.Arbitrary<ModbusReply> = fc.oneof(
  fc.record({
    kind: fc.constant('read' as const),
    unit: byte,
    data: fc.integer({ min: 1, max: 125 }).chain((registers) => exactly(2 * registers)),
  }),
  fc.record({
    kind: fc.constant('write' as const),
    unit: byte,
    start: word,
    quantity: fc.integer({ min: 1, max: 123 }),
  }),
  fc.record({
    kind: fc.constant('write' as const),
    unit: byte,
    start: word,
    quantity: fc.constant(1),
    singleValue: word,
  }),
  fc.record({ kind: fc.constant('write_coil' as const), unit: byte, coil: word, on: fc.boolean() }),
  fc.record({
    kind: fc.constant('exception' as const),
    unit: byte,
    functionCode: fc.constantFrom(3, 5, 6, 16, 0x20),
    exceptionCode: byte,
  }),
);

/** Bodies rich in the bytes that mark frames and sections. */
const marked = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0x7b, 0x7d, 0x5b, 0x5d, 0x28, 0x29) }, byte), {
  maxLength: 60,
});
export const markedBytes: fc.Arbitrary<Uint8Array> = marked.map((bytes) => Uint8Array.from(bytes));

const section: fc.Arbitrary<Acrel4gSection> = fc
  .tuple(fc.stringMatching(/^[0-9A-Za-z]{1,20}$/), byte, markedBytes)
  .map(([address, unit, data]) => ({ address, modbus: Uint8Array.of(unit, 0x03, data.length, ...data) }));

export const acrel4gUp: fc.Arbitrary<Acrel4gUp> = fc.oneof(
  fc.record({
    kind: fc.constant('register' as const),
    serial,
    iccid: fc.stringMatching(/^[0-9A-F]{19,20}$/),
    rssi: byte,
    firmware: perPhase(digits(4)),
    intervalMin: byte,
  }),
  fc.record({ kind: fc.constant('time_request' as const), serial }),
  fc.record({ kind: fc.constant('heartbeat' as const) }),
  fc.record({
    kind: fc.constant('data' as const),
    serial: fc.option(serial),
    sections: fc.array(section, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('transparent' as const),
    serial,
    modbus: markedBytes,
  }),
  fc.record({
    kind: fc.constant('other' as const),
    command: fc.constantFrom(0x82, 0x88, 0x89, 0x97),
    body: markedBytes,
  }),
);

export const acrel4gDown: fc.Arbitrary<Acrel4gDown> = fc.oneof(
  fc.constant({ kind: 'register_ack' as const }),
  fc.constant({ kind: 'data_ack' as const }),
  fc.record({ kind: fc.constant('time' as const), local: wallClock }),
  fc.record({
    kind: fc.constant('transparent' as const),
    modbus: markedBytes.filter((bytes) => bytes.length > 0),
  }),
);

export const cjt188Frame: fc.Arbitrary<Cjt188Frame> = fc.record({
  meterType: byte,
  address: digits(14),
  control: fc.constantFrom(0x01, 0x03, 0x04, 0x81, 0x83, 0x84),
  dataId: fc.constantFrom('901F', 'D120', '8102', '810A', 'A017', 'A018'),
  dataIdOrder: fc.constantFrom('msb-first' as const, 'lsb-first' as const),
  series: byte,
  data: fc.uint8Array({ maxLength: 0x61 }),
});

export const metering: fc.Arbitrary<Metering> = fc.record({
  currentLitres: fc.integer({ min: 0, max: 99_999_999 }).map((hundredths) => BigInt(hundredths) * 10n),
  settlementLitres: fc.integer({ min: 0, max: 99_999_999 }).map((hundredths) => BigInt(hundredths) * 10n),
  clock: fc.option(wallClock),
  valve: fc.constant('off' as const),
  batteryLow: fc.constant(true),
  statusRaw: fc.stringMatching(/^[0-9a-f][5d][0-9a-f]{2}$/),
});

const wh = counts.map((value) => BigInt(value) * 10n);
const flag = fc.boolean();

export const liveBlock: fc.Arbitrary<LiveBlock> = fc
  .record({
    modelCode: word,
    phases: fc.constantFrom(1 as const, 3 as const),
    voltageDeciV: perPhase(word),
    currentCentiA: perPhase(word),
    powerW: perPhase(signedWord),
    totalPowerW: signedWord,
    reactivePowerVar: perPhase(signedWord),
    totalReactivePowerVar: signedWord,
    powerFactorMilli: perPhase(signedWord),
    totalPowerFactorMilli: signedWord,
    ct: word,
    pt: word,
    totalWh: wh,
    baseWh: wh,
    tariffsWh: fc.record({ sharp: wh, peak: wh, flat: wh, valley: wh, deepValley: fc.option(wh) }),
    remainingFen: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }).map(BigInt),
    purchaseCount: word,
    loadTrips: word,
    loadTripsAllowed: word,
    relay: fc.record({ l1: flag, l2: flag, l3: flag }),
    forced: flag,
    prepaid: flag,
    fault: flag,
    arrears: flag,
    overLimit: flag,
    alarm1: flag,
    alarm2: flag,
    loadControl: flag,
    timeControl: flag,
    maxDemandW: word,
    clock: fc.option(wallClock),
  })
  .map((block) => ({ ...block, switchState: stateOf(block.relay, block.phases) }));

/** Said apart from the decoder, as a table would: all closed, none closed, or neither. */
function stateOf(relay: LiveBlock['relay'], phases: 1 | 3): LiveBlock['switchState'] {
  const closed = Number(relay.l1) + (phases === 3 ? Number(relay.l2) + Number(relay.l3) : 0);
  if (closed === phases) return 'on';
  return closed === 0 ? 'off' : 'fault';
}
