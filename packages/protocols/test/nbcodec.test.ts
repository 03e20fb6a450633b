import { concatBytes, fromHex } from '@openprepay/kernel';
import { createCjt188Stream, decodeFrame, encodeFrame, readReply, valveReply } from '@openprepay/protocols/cjt188';
import { NB_CODECS, type NbCommand, nbCodecOf } from '@openprepay/protocols/nbcodec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cjt188Frame, metering } from './arbitraries.ts';
import { mutated, orRefused } from './mutations.ts';

const refusal = (code: string) => expect.objectContaining({ code });
const ADDRESS = '78330011223344';
const METERING = fromHex('68104433221100337881161f9000007766552c007766552c3101221105152021841316');

function frameOf(command: NbCommand) {
  if (command.kind !== 'bytes') throw new Error('not bytes');
  return decodeFrame(command.bytes);
}

describe('cjt188', () => {
  const codec = nbCodecOf('cjt188');

  test('a known report is a reading with litres, valve and battery', () => {
    expect(codec.decodeReport(METERING)).toMatchObject([
      {
        kind: 'reading',
        address: ADDRESS,
        frame: METERING,
        reading: { total: 556_677_000n, switchState: 'off', batteryLow: false },
      },
    ]);
  });

  test('several frames, with noise between, are several messages in their order', () => {
    const sent = frameOf(codec.encodeValve(ADDRESS, 'off', 9));
    const answer = encodeFrame(valveReply(sent, { valve: 'off', batteryLow: false, statusRaw: '0100' }));
    const messages = codec.decodeReport(concatBytes(METERING, fromHex('0000'), answer));
    expect(messages).toMatchObject([{ kind: 'reading' }, { kind: 'valve_answer', address: ADDRESS, sequence: 9 }]);
  });

  test('a unit that is not known gives no reading, and says why', () => {
    const frame = decodeFrame(METERING);
    const odd = encodeFrame({ ...frame, data: frame.data.with(4, 0x29) });
    expect(codec.decodeReport(odd)).toMatchObject([{ kind: 'other', refused: 'frame.unknown_unit' }]);
  });

  test.each([
    ['cjt188', 'msb-first'],
    ['cjt188-lsb-first', 'lsb-first'],
  ] as const)('%s asks with its data ids %s and reads the answer', (name, order) => {
    const ours = nbCodecOf(name);
    fc.assert(
      fc.property(fc.stringMatching(/^\d{14}$/), fc.nat(255), metering, (address, sequence, reading) => {
        const request = frameOf(ours.encodeRead(address, sequence));
        expect(request).toMatchObject({ address, series: sequence, dataId: '901F', dataIdOrder: order });
        expect(frameOf(ours.encodeValve(address, 'on', sequence))).toMatchObject({
          dataId: 'A017',
          dataIdOrder: order,
        });
        const [message] = ours.decodeReport(encodeFrame(readReply(request, reading)));
        expect(message).toMatchObject({
          kind: 'reading',
          address,
          reading: { total: reading.currentLitres, switchState: reading.valve },
        });
      }),
    );
  });

  test('refuses an address that no meter has', () => {
    expect(() => codec.encodeRead('12', 1)).toThrow(refusal('meter.bad_address'));
  });
});

describe('profile-water', () => {
  const codec = nbCodecOf('profile-water');

  test('values by name are a reading; digits below a litre are not yet seen', () => {
    const serviceData = {
      water_flow: 12.3456,
      valve_status: 0,
      battery_low: '0',
      meter_time: '2026-03-01 08:30:00',
      meter_no: 'M1',
    };
    expect(codec.decodeReport({ serviceId: 1, serviceData })).toMatchObject([
      {
        kind: 'reading',
        address: 'M1',
        reading: { total: 12_345n, switchState: 'on', batteryLow: false, clock: { hour: 8 } },
      },
    ]);
  });

  test('a total that is no number is refused beside what else came, and values of another profile as a whole', () => {
    expect(codec.decodeReport({ water_flow: '1e3' })).toMatchObject([{ kind: 'other', refused: 'frame.bad_value' }]);
    expect(() => codec.decodeReport({ gas_flow: 1 })).toThrow(refusal('frame.unknown_shape'));
    expect(() => codec.decodeReport(METERING)).toThrow(refusal('frame.unknown_shape'));
  });

  test('the valve is a service; there is none to ask for a reading', () => {
    expect(codec.encodeValve('', 'off', 1)).toEqual({
      kind: 'service',
      identifier: 'valve_control',
      parameters: { valve: 1 },
    });
    expect(() => codec.encodeRead('', 1)).toThrow(refusal('meter.not_supported'));
  });
});

describe('private bytes', () => {
  const codec = nbCodecOf('pressure-pu');
  const head = concatBytes(fromHex('5055003c10'), new Uint8Array(0x3c - 5));

  test('of the known head are kept and not read', () => {
    expect(codec.decodeReport(head)).toMatchObject([{ kind: 'other', refused: 'frame.not_supported', frame: head }]);
  });

  test('of another shape are refused by name, and so is what the node cannot do', () => {
    expect(() => codec.decodeReport(METERING)).toThrow(refusal('frame.unknown_shape'));
    expect(() => codec.decodeReport(head.subarray(0, 20))).toThrow(refusal('frame.unknown_shape'));
    expect(() => codec.encodeValve('', 'on', 1)).toThrow(refusal('meter.not_supported'));
  });
});

describe('the registry', () => {
  test('knows each name once and no other', () => {
    expect(new Set(NB_CODECS.map(({ name }) => name)).size).toBe(NB_CODECS.length);
    expect(() => nbCodecOf('cjt189')).toThrow(refusal('meter.not_supported'));
  });

  test('every codec refuses by name what it does not understand', () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      mutated(cjt188Frame.map((frame) => encodeFrame(frame))),
      fc.dictionary(
        fc.constantFrom('water_flow', 'valve_status', 'meter_time', 'serviceData', '__proto__'),
        fc.jsonValue(),
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...NB_CODECS), payload, (codec, one) => {
        const messages = orRefused(() => codec.decodeReport(one));
        if (messages) expect(messages.length).toBeGreaterThan(0);
        if (messages && one instanceof Uint8Array && codec.protocol === 'cjt188')
          expect(messages).toHaveLength(createCjt188Stream().push(one).length);
      }),
      { numRuns: 3000 },
    );
  });
});
