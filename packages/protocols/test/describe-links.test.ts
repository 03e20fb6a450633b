import { concatBytes, fromHex } from '@openprepay/kernel';
import { encodeHwUp, encodeIotUp } from '@openprepay/protocols/acrelmqtt';
import { DESCRIBED_PROTOCOLS, describeFrame, formatDescription } from '@openprepay/protocols/describe';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orRefused } from './mutations.ts';
import { loadVectors } from './vectors.ts';

const SECRET = '0123456789abcdef';
const ascii = (text: string) => new TextEncoder().encode(text);
const READ = fromHex('01030000000ac5cd');
const gateway = (note: string) => loadVectors('acrelgw').find((vector) => vector.note === note)?.hex ?? '';

describe('a gateway’s frame in words', () => {
  test('a report shows each meter with its values, and what was not read', () => {
    expect(describeFrame('acrelgw', gateway('data, compressed'), SECRET)).toMatchObject({
      summary: 'gateway: reports 1 meters',
      direction: 'up (from the gateway)',
      gatewayId: 'GW-001',
      time: '2026-03-01 08:30:00',
      meters: [{ meter: '02017', total: { value: '123.45', unit: 'kWh' }, notRead: ['UA: error 192'] }],
    });
  });

  test('what is passed to a meter shows the frame inside', () => {
    expect(describeFrame('acrelgw', gateway('a Modbus read for port 2, address 17'), SECRET)).toMatchObject({
      direction: 'down (from the server)',
      port: 2,
      address: 17,
      inner: [{ protocol: 'modbus', function: '03' }],
    });
  });

  test('without the secret, or with another, what is encrypted is shown as such', () => {
    const sealed = gateway('data');
    expect(describeFrame('acrelgw', sealed)).toMatchObject({
      summary: 'gateway: encrypted',
      typeMeaning: 'data, encrypted',
    });
    expect(describeFrame('acrelgw', sealed, 'another secret16').summary).toMatch(/not with this secret/);
  });

  test('every constructed frame that is good is described', () => {
    for (const { hex, decoded } of loadVectors('acrelgw')) {
      if (decoded) expect(describeFrame('acrelgw', hex, SECRET).protocol).toBe('acrelgw');
    }
  });
});

describe('an MQTT message in words', () => {
  const data = encodeHwUp({
    kind: 'data',
    serial: 'g1',
    meterSerial: 'm1',
    meterName: null,
    missing: false,
    local: null,
    history: false,
    values: [['ua', '230.1']],
  });
  const login = encodeIotUp(
    { kind: 'time_request', msgid: '9223372036854775807', serial: 's1', at: null },
    { compress: 'zlib', secret: SECRET },
  );

  test('the overseas family, with and without its topic', () => {
    const expected = { family: 'acrelHW', command: 'data', direction: 'up', content: { gwSN: 'g1', ua: '230.1' } };
    expect(describeFrame('acrelmqtt', data.payload)).toMatchObject(expected);
    const topic = ascii('/gw/acrelHW/null/data/g1 ');
    expect(describeFrame('acrelmqtt', concatBytes(topic, data.payload))).toMatchObject(expected);
  });

  test('the domestic family, packed: opened with the secret, shown as packed without it', () => {
    expect(describeFrame('acrelmqtt', login, SECRET)).toMatchObject({ family: 'iot', msgid: '9223372036854775807' });
    expect(describeFrame('acrelmqtt', login)).toMatchObject({ summary: 'compressed or encrypted' });
    expect(describeFrame('acrelmqtt', concatBytes(ascii('sys/dev/key/s1 '), login))).toMatchObject({
      topicSerial: 's1',
    });
  });

  test('what a line carries is opened', () => {
    const { payload } = encodeHwUp({ kind: 'transparent', serial: 'g1', meterSerial: 'm1', bytes: READ });
    expect(describeFrame('acrelmqtt', payload)).toMatchObject({ inner: [{ protocol: 'modbus', function: '03' }] });
  });
});

describe('what a modem sent first, in words', () => {
  test('its registration, and the frame that followed', () => {
    expect(describeFrame('dtu', concatBytes(ascii('LOGIN:1001'), READ))).toMatchObject({
      summary: 'modem: registers as 1001',
      convention: 'login',
      inner: [{ protocol: 'modbus' }],
    });
  });

  test('a meter’s frame without one', () => {
    expect(describeFrame('dtu', READ)).toMatchObject({
      summary: 'modem: no registration',
      inner: [{ protocol: 'modbus' }],
    });
  });
});

test('a OneNET push shows the meter’s frame inside', () => {
  const value = '68104433221100337881161f9000007766552c007766552c3101221105152021841316';
  const message = { type: 1, dev_id: 5, ds_id: '3200_0_5750', at: 1_466_133_706_841, value };
  const body = JSON.stringify({ msg: message, nonce: 'n', signature: 's' });
  expect(describeFrame('onenet', body)).toMatchObject({ kind: 'data', inner: [{ protocol: 'cjt188' }] });
});

test.each(DESCRIBED_PROTOCOLS)(
  '%s: any bytes and any text are described or refused by name, and a description is plain JSON',
  (protocol) => {
    const topics = fc.constantFrom('', 'sys/dev/a/b ', '/gw/acrelHW/null/data/x ');
    const input = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(topics, fc.json()).map(([topic, json]) => ascii(topic + json)),
      fc
        .dictionary(
          fc.constantFrom('sn', 'gwSN', 'msg', 'enc_msg', 'type', 'dev_id', 'payload', 'msgid'),
          fc.jsonValue(),
        )
        .map((one) => ascii(JSON.stringify(one))),
    );
    fc.assert(
      fc.property(input, fc.constantFrom(null, SECRET), (bytes, secret) => {
        const description = orRefused(() => describeFrame(protocol, bytes, secret));
        if (!description) return;
        formatDescription(description);
        expect(JSON.parse(JSON.stringify(description))).toEqual(description);
      }),
      { numRuns: 1000 },
    );
  },
);
