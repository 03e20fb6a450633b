import { concatBytes, fromHex, toHex } from '@openprepay/kernel';
import { encodeUp } from '@openprepay/protocols/acrel4g';
import { decodeLiveBlock, encodeLiveBlock } from '@openprepay/protocols/acrel1352';
import { describeFrame, formatDescription } from '@openprepay/protocols/describe';
import { encodeFrame, encodeLoadRecord } from '@openprepay/protocols/dlt645';
import { encodeReply } from '@openprepay/protocols/modbus';
import { describe, expect, test } from 'vitest';
import { loadVectors } from './vectors.ts';

const METERING = '68104433221100337881161f9000007766552c007766552c3101221105152021841316';
const TRIP = '7b7b9001100057000204000100012775387a7d7d';

/** A live block written by hand, byte by byte, from the register list: DTSY1352, relays closed, forced. */
function liveBlockByHand(): Uint8Array {
  const data = new Uint8Array(96);
  const view = new DataView(data.buffer);
  view.setUint16(0, 5);
  for (const phase of [0, 1, 2]) view.setUint16(2 + 2 * phase, 2301 + phase);
  view.setUint16(8, 1234);
  view.setInt16(20, -1500);
  view.setUint16(40, 30);
  view.setUint32(42, 123456);
  view.setInt32(62, -250);
  data.set([0b1110_0000, 0b0010_0000, 0, 0b0000_1000], 72);
  data.set([26, 3, 1, 0, 8, 30, 15], 80);
  return data;
}

describe('the live block', () => {
  test('is read at the offsets of the register list', () => {
    expect(decodeLiveBlock(liveBlockByHand())).toMatchObject({
      modelCode: 5,
      phases: 3,
      voltageDeciV: [2301, 2302, 2303],
      currentCentiA: [1234, 0, 0],
      totalPowerW: -1500,
      ct: 30,
      totalWh: 1_234_560n,
      remainingFen: -250n,
      relay: { l1: true, l2: true, l3: true },
      switchState: 'on',
      forced: true,
      prepaid: false,
      arrears: true,
      clock: { year: 2026, month: 3, day: 1, hour: 8, minute: 30, second: 15, weekday: 0 },
    });
  });

  test.each([
    [0, 0b1110_0000, 'on'],
    [0, 0b0000_0000, 'off'],
    [0, 0b0110_0000, 'fault'],
    [1, 0b0010_0000, 'on'],
    [1, 0b0000_0000, 'off'],
    [1, 0b1100_0000, 'off'],
  ])('phase code %i with relay bits %i is %s', (phaseCode, relayBits, state) => {
    const data = liveBlockByHand();
    data[95] = phaseCode;
    data[72] = relayBits;
    expect(decodeLiveBlock(data).switchState).toBe(state);
  });

  test('of firmware with eight tariffs has a deep valley and a clock without weekday', () => {
    const data = concatBytes(liveBlockByHand(), new Uint8Array(48));
    data.set([26, 3, 1, 8, 30, 15, 0], 80);
    new DataView(data.buffer).setUint32(96, 77);
    expect(decodeLiveBlock(data)).toMatchObject({
      tariffsWh: { deepValley: 770n },
      clock: { hour: 8, minute: 30, second: 15 },
    });
  });

  test('shows whole counts only: energy below 0.01 kWh is not yet seen', () => {
    const block = { ...decodeLiveBlock(liveBlockByHand()), totalWh: 1_234_569n };
    expect(decodeLiveBlock(encodeLiveBlock(block)).totalWh).toBe(1_234_560n);
  });
});

describe('a frame in words', () => {
  test('CJ/T 188 metering: address in digits, ids in hexadecimal, volume with its unit', () => {
    expect(describeFrame('cjt188', fromHex(METERING))).toMatchObject({
      protocol: 'cjt188',
      address: '78330011223344',
      control: '81',
      dataId: '901F',
      current: { value: '556677.00', unit: 'm³' },
      clock: '2015-05-11 22:01:31',
      valve: 'off',
      battery: 'good',
      status: '2184',
    });
  });

  test('DL/T 645: an order in words, with who gave it and until when', () => {
    expect(describeFrame('dlt645', '68611001301215681c10356a3935343333334d333333336345cc2c16')).toMatchObject({
      summary: 'meter 151230011061: relay control, trip (supply off)',
      direction: 'to the meter',
      edition: '2007',
      address: '151230011061',
      control: '1C',
      password: '020637, level 02',
      operator: '00000001',
      action: '1A',
      validUntil: '99-12-30 00:00:00',
    });
  });

  test('DL/T 645: values have their names and units, status words their bits', () => {
    const energy = '68120000001020689118333234335c343333953333339333333336333333353333337416';
    expect(describeFrame('dlt645', energy)).toMatchObject({
      dataId: '0001FF00',
      dataIdMeaning: 'import active energy, now, block',
      values: {
        'import active energy, now, total': { value: '1.29', unit: 'kWh' },
        'import active energy, now, valley': { value: '0.02', unit: 'kWh' },
      },
    });
    expect(describeFrame('dlt645', '68611001301215689106363833378333be16')).toMatchObject({
      values: { 'status word 3': { word: '0050', switchState: 'off', relay: 'open', relayOrder: 'open' } },
    });
    expect(describeFrame('dlt645', '6812000000102068d101351916')).toMatchObject({
      controlMeaning: 'refusal of: read',
      errorMeanings: ['no such data'],
    });
  });

  test('DL/T 645: the edition of 1997 is told by itself, and FE are counted', () => {
    expect(describeFrame('dlt645', 'fefe 6803000000000068010244e90316')).toMatchObject({
      edition: '1997',
      preambleBytes: 2,
      dataId: 'B611',
      dataIdMeaning: 'voltage, phase A',
    });
  });

  test('DL/T 645: a load record shows its time and what the meter keeps', () => {
    const energies = [12_345_678n, 1n, null, null];
    const record = encodeLoadRecord({ time: '2610121530', classes: [null, null, null, energies, null, null] });
    const data = concatBytes(fromHex('02000406'), record);
    expect(describeFrame('dlt645', encodeFrame({ address: '000000000161', control: 0x91, data }))).toMatchObject({
      dataIdMeaning: 'load records of class 4, latest',
      records: [
        {
          time: '26-10-12 15:30',
          importActive: { value: '123456.78', unit: 'kWh' },
          combinedReactive1: null,
        },
      ],
    });
  });

  test('DL/T 645: data that its id does not explain is shown as refused beside the frame', () => {
    expect(describeFrame('dlt645', '68610100000000689107333334335933335616')).toMatchObject({
      dataId: '00010000',
      refused: { code: 'frame.bad_length' },
    });
  });

  test.each(['2007', '1997'])('every known frame of DL/T 645-%s is described', (edition) => {
    for (const { hex, decoded } of loadVectors(`dlt645-${edition}`)) {
      if (decoded) expect(describeFrame('dlt645', hex)).not.toHaveProperty('refused');
    }
  });

  test('a unit that is not known is shown as refused, never taken for cubic metres', () => {
    const frame = fromHex('68104433221100337881161f900000776655290077665529310122110515202184');
    const sum = frame.reduce((total, byte) => (total + byte) & 0xff, 0);
    const description = describeFrame('cjt188', concatBytes(frame, Uint8Array.of(sum, 0x16)));
    expect(description).toMatchObject({ address: '78330011223344', refused: { code: 'frame.unknown_unit' } });
    expect(description).not.toHaveProperty('current');
  });

  test('a 4G command shows the Modbus frame inside and what it does', () => {
    expect(describeFrame('acrel4g', TRIP)).toMatchObject({
      direction: 'down (from the server)',
      command: '90',
      inner: [
        { protocol: 'modbus', function: '10', start: 87, registers: [1, 1], meaning: 'forced trip (supply off)' },
      ],
    });
  });

  test('a data push shows the live block of each meter', () => {
    const modbus = Uint8Array.of(1, 3, 96, ...liveBlockByHand());
    const frame = encodeUp({ kind: 'data', serial: '12307210720085', sections: [{ address: '1', modbus }] });
    expect(describeFrame('acrel4g', frame)).toMatchObject({
      direction: 'up (from the meter)',
      serial: '12307210720085',
      inner: [{ unit: 1, inner: [{ protocol: 'acrel1352', total: { value: '1234.56', unit: 'kWh' }, ct: 30 }] }],
    });
  });

  test('a transparent answer is known to come from the meter without its serial too', () => {
    const modbus = encodeReply({ kind: 'write', unit: 1, start: 0x57, quantity: 2 });
    const frame = encodeUp({ kind: 'transparent', serial: null, modbus });
    expect(describeFrame('acrel4g', frame)).toMatchObject({ direction: 'up (from the meter)' });
  });

  test('a CTWing push is described from JSON text and from its bytes, with the frame inside', () => {
    const [vector] = loadVectors('ctwing-push').filter(({ decoded }) => decoded?.['payload']);
    const APPdata = Buffer.from(METERING, 'hex').toString('base64');
    const json = JSON.stringify(Object.assign({}, vector?.json, { payload: { APPdata } }));
    const description = describeFrame('ctwing', json);
    expect(description).toMatchObject({ kind: 'data', payload: METERING, inner: [{ address: '78330011223344' }] });
    expect(describeFrame('ctwing', new TextEncoder().encode(json))).toEqual(description);
  });

  test('is plain JSON', () => {
    for (const hex of [METERING, TRIP]) {
      const description = describeFrame(hex === TRIP ? 'acrel4g' : 'cjt188', hex);
      expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    }
  });

  test('is text with one field a line, frames inside indented', () => {
    const lines = formatDescription(describeFrame('acrel4g', TRIP)).split('\n');
    expect(lines[0]).toBe('acrel4g: server: transparent');
    expect(lines).toContain('  command: 90');
    expect(lines).toContain('  modbus: request to unit 1: forced trip (supply off)');
    expect(lines).toContain('    function meaning: write multiple registers');
  });

  test.each(['modbus', 'acrel4g', 'cjt188'] as const)(
    'every known frame of %s is described, and every invalid one refused',
    (protocol) => {
      for (const { hex, decoded, refused, direction } of loadVectors(protocol)) {
        if (decoded) expect(describeFrame(protocol, fromHex(hex)).protocol).toBe(protocol);
        else if (direction !== 'down' || refused !== 'frame.unknown_function') {
          expect(() => describeFrame(protocol, fromHex(hex)), toHex(fromHex(hex))).toThrow(
            expect.objectContaining({ code: expect.stringMatching(/^frame\./) }),
          );
        }
      }
    },
  );

  test('a wrong CRC is named as such', () => {
    expect(() => describeFrame('modbus', '0103020000304467')).toThrow(
      expect.objectContaining({ code: 'frame.bad_checksum' }),
    );
  });
});
