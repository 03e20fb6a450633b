import * as acrelgw from '@openprepay/protocols/acrelgw';
import { decodeHwDown, decodeHwUp, decodeIotDown, decodeIotUp, PLAIN } from '@openprepay/protocols/acrelmqtt';
import { createDtuStripper, DEFAULT_CONVENTIONS } from '@openprepay/protocols/dtu';
import { createSniffer } from '@openprepay/protocols/sniff';
import type { FuzzSubject } from './fuzz-subjects.ts';

const text = (value: string) => new TextEncoder().encode(value);
const json = (value: unknown) => text(JSON.stringify(value));

const SECRET = '0123456789abcdef';
const XML = text(
  '<?xml version="1.0"?><root><common><building_id>1</building_id><gateway_id>2</gateway_id><type>request</type></common>' +
    '<id_validate operation="request"/></root>',
);

const HW = [
  json({ type: 'login', gwSN: '12307210720085', time: '20261012123456', ver: '1', ccid: '', imei: '', rssi: 20 }),
  json({ type: 'data', gwSN: '1', meterSN: '2', time: '20261012123456', meterStatus: 'normal', ua: 220.1, wh: 1.2 }),
  json({ type: 'data', gwSN: '1', meterSN: '2', data: [{ point: [{ id: 1, val: 2 }] }] }),
];
const IOT = [
  json({ msgid: 1, method: 'login', sn: '1', timestamp: 1, payload: { compress: 0, encrypt: 0, upInterval: 60 } }),
  json({ msgid: 1, method: 'operate', sn: '1', res: 1, errcode: '' }),
  json({ msgid: 1, method: 'data', sn: '1', timestamp: 1, payload: { addr: '1', meterName: 'x', data: { Ua: 220 } } }),
];

const REGISTRATIONS = ['89860123456789012345', '861234567890123', 'LOGIN:1001'].map((mark) => text(`${mark}h\x68\x16`));

function strip(bytes: Uint8Array): void {
  for (const convention of DEFAULT_CONVENTIONS) {
    const stripper = createDtuStripper(convention);
    stripper.push(bytes);
    stripper.settle();
    if (stripper.bufferedBytes > 80) throw new Error('a stripper holds over 80 bytes');
  }
}

/** What carries no checksum of its own: it must bear anything. */
export const fuzzTextSubjects = (): readonly FuzzSubject[] => [
  {
    name: 'acrelgw',
    frames: [
      acrelgw.encodeFrame({ type: acrelgw.GW_TYPE.auth, data: XML }),
      acrelgw.encodeFrame({ type: acrelgw.GW_TYPE.heartbeat, data: XML }),
      acrelgw.encodeFrame({ type: acrelgw.GW_TYPE.data, data: new Uint8Array(32) }),
    ],
    decode: (frame) => acrelgw.decodeUp(acrelgw.decodeFrame(frame), SECRET),
    checksum: null,
    createStream: () => acrelgw.createAcrelGwStream(() => acrelgw.MAX_STRANGER_DATA_BYTES),
    mostBufferedBytes: acrelgw.MAX_STRANGER_DATA_BYTES + 7,
  },
  {
    name: 'acrelmqtt hw',
    frames: HW,
    decode: (bytes) => [decodeHwUp('data', bytes), decodeHwUp('login', bytes), decodeHwDown('transport', bytes)],
    checksum: null,
    createStream: null,
    mostBufferedBytes: 0,
  },
  {
    name: 'acrelmqtt iot',
    frames: IOT,
    decode: (bytes) => [decodeIotUp('data', bytes, PLAIN), decodeIotDown(bytes, PLAIN)],
    checksum: null,
    createStream: null,
    mostBufferedBytes: 0,
  },
  {
    name: 'dtu',
    frames: REGISTRATIONS,
    decode: strip,
    checksum: null,
    createStream: null,
    mostBufferedBytes: 0,
  },
  {
    name: 'first bytes',
    frames: REGISTRATIONS,
    decode: (bytes) => createSniffer(DEFAULT_CONVENTIONS)(bytes, true),
    checksum: null,
    createStream: null,
    mostBufferedBytes: 0,
  },
];
