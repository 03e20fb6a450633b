import * as acrelgw from '@openprepay/protocols/acrelgw';
import { readReply, readRequest } from '@openprepay/protocols/cjt188';
import { parsePush } from '@openprepay/protocols/ctwing';
import { nbCodecOf } from '@openprepay/protocols/nbcodec';
import { buildOneNetPush, parseOneNetPush } from '@openprepay/protocols/onenet';
import fc from 'fast-check';
import { encodeFrame } from '../src/cjt188/frame.ts';
import { parseJson } from '../src/json.ts';
import { decodeUtf8, deflate, encryptCbc, keyOf } from '../src/secure.ts';
import { metering } from '../test/arbitraries.ts';
import type { FuzzSubject } from './fuzz-subjects.ts';

const text = (value: string) => new TextEncoder().encode(value);
const json = (value: unknown) => text(JSON.stringify(value));

const SECRET = '0123456789abcdef';
const seal = (plain: Uint8Array) => encryptCbc(plain, keyOf(SECRET), keyOf(SECRET));
const REPORT = text(
  '<?xml version="1.0"?><root><common><building_id>1</building_id><gateway_id>2</gateway_id><type>data</type></common>' +
    '<data operation="report"><time>20261012123456</time><meter id="02017"><function id="WPP">1.5</function>' +
    '<function id="Ua" error="1"></function></meter></data></root>',
);
const opened = (type: number, plain: Uint8Array) => acrelgw.decodeUp({ type, data: seal(plain) }, SECRET);

const AT_MS = 1_589_444_231_825;
const PUSH = { timestamp: AT_MS, productId: '10053421', deviceId: '44d0b9e4' };
const CTWING = [
  json({ ...PUSH, messageType: 'dataReport', payload: { APPdata: 'aBCqqqqqqqqqAwOBCgBJFg==' } }),
  json({ ...PUSH, messageType: 'commandResponse', taskId: 1, result: { resultCode: 'SENT', resultDetail: '' } }),
  json({ ...PUSH, messageType: 'eventReport', eventType: 2, eventContent: { low: 1 }, serviceId: 8 }),
];

const ONENET = { token: 'token', aesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' };
const DEVICE = { dev_id: 2_016_617, imei: '860803026070001', at: AT_MS };
const ONENET_MESSAGES = [
  json({ ...DEVICE, type: 1, ds_id: '3200_0_5750', value: '6810' }),
  json([
    { ...DEVICE, type: 7, cmd_id: 'a', confirm_status: 1 },
    { ...DEVICE, type: 2, status: 0 },
  ]),
];

const PROFILE = json({ serviceId: 'data', water_flow: '123.456', valve_status: 1, battery_voltage: 3.6 });
const METERING = fc.sample(
  metering.map((one) => encodeFrame(readReply(readRequest('78330011223344', 1), one))),
  { numRuns: 100, seed: 20_261_122 },
);

const plain = { checksum: null, createStream: null, mostBufferedBytes: 0 } as const;

/** What lies inside of something that was packed, sealed or signed: mutated first, so that it is reached. */
export const fuzzInnerSubjects = (): readonly FuzzSubject[] => [
  { ...plain, name: 'acrelgw report', frames: [REPORT], decode: (xml) => opened(acrelgw.GW_TYPE.data, xml) },
  {
    ...plain,
    name: 'acrelgw zlib',
    frames: [deflate(REPORT), deflate(text('0'.repeat(4_000)))],
    decode: (zlib) => opened(acrelgw.GW_TYPE.zippedData, zlib),
  },
  {
    ...plain,
    name: 'acrelgw transparent',
    frames: [text('02017|01030000000ac5cd')],
    decode: (line) => opened(acrelgw.GW_TYPE.answer, line),
  },
  { ...plain, name: 'ctwing push', frames: CTWING, decode: (body) => parsePush(parseJson(body)) },
  {
    ...plain,
    name: 'onenet push',
    frames: ONENET_MESSAGES,
    decode: (body) => parseOneNetPush(buildOneNetPush(decodeUtf8(body), 'abcdefgh', ONENET), ONENET),
  },
  { ...plain, name: 'nb cjt188', frames: METERING, decode: (bytes) => nbCodecOf('cjt188').decodeReport(bytes) },
  {
    ...plain,
    name: 'nb profile',
    frames: [PROFILE],
    decode: (body) => {
      const values = parseJson(body);
      return nbCodecOf('profile-water').decodeReport(
        typeof values === 'object' && values !== null ? { ...values } : {},
      );
    },
  },
];
