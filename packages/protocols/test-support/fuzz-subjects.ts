import { createAcrel4gStream, decodeDown, decodeUp, encodeDown, encodeUp } from '@openprepay/protocols/acrel4g';
import { decodeLiveBlock } from '@openprepay/protocols/acrel1352';
import * as cjt188 from '@openprepay/protocols/cjt188';
import * as dlt645 from '@openprepay/protocols/dlt645';
import * as modbus from '@openprepay/protocols/modbus';
import fc from 'fast-check';
import type { Received, StreamDecoder } from '../src/stream.ts';
import * as any from '../test/arbitraries.ts';
import { dlt645ReplyFrame, dlt645RequestFrame } from '../test/dlt645-arbitraries.ts';

/** One protocol's frames, and everything that takes them. */
export interface FuzzSubject {
  readonly name: string;
  readonly frames: readonly Uint8Array[];
  /** Down to the values; throws protocolErrors alone. */
  readonly decode: (frame: Uint8Array) => unknown;
  /** Null for a protocol that has none. */
  readonly checksum: Checksum | null;
  readonly createStream: (() => StreamDecoder<Received<unknown>>) | null;
  readonly mostBufferedBytes: number;
}

export interface Checksum {
  readonly fits: (frame: Uint8Array) => boolean;
  /** The frame with a checksum that fits, so that what lies behind it is reached. */
  readonly repaired: (frame: Uint8Array) => Uint8Array;
}

const SEED = 20_261_122;
const FRAMES = 300;
const sample = (frames: fc.Arbitrary<Uint8Array>) => fc.sample(frames, { numRuns: FRAMES, seed: SEED });

/** CRC low byte first, `tail` bytes before the end, over what follows the first `head` bytes. */
const crcAt = (head: number, tail: number): Checksum => ({
  fits: (frame) => modbus.crc16(frame.subarray(head, frame.length - tail)) === 0,
  repaired: (frame) => {
    const at = frame.length - tail - 2;
    if (at < head) return frame;
    const crc = modbus.crc16(frame.subarray(head, at));
    return frame.with(at, crc & 0xff).with(at + 1, crc >> 8);
  },
});

/** Sum of all bytes from the first that is no FE, before the end 16. */
const sumOf = (frame: Uint8Array): number => {
  const start = frame.findIndex((byte) => byte !== 0xfe);
  return frame.subarray(Math.max(0, start), -2).reduce((sum, byte) => (sum + byte) & 0xff, 0);
};
const SUM: Checksum = {
  fits: (frame) => sumOf(frame) === frame.at(-2),
  repaired: (frame) => (frame.length < 2 ? frame : frame.with(frame.length - 2, sumOf(frame))),
};

function decodeDlt645(bytes: Uint8Array): unknown {
  const frame = dlt645.decodeFrame(bytes);
  const message = dlt645.isFromMeter(frame) ? dlt645.decodeReply(frame) : dlt645.decodeRequest(frame);
  if (message.kind !== 'data') return message;
  return dlt645.loadRecordName(message.dataId) === null
    ? dlt645.decodeData(message.edition, message.dataId, message.data)
    : dlt645.decodeLoadRecords(message.data);
}

function decodeCjt188(bytes: Uint8Array): unknown {
  const frame = cjt188.decodeFrame(bytes);
  return frame.dataId === '901F' && frame.control === 0x81
    ? cjt188.decodeReadReply(frame)
    : cjt188.decodeContents(frame);
}

function decodeModbusReply(bytes: Uint8Array): unknown {
  const reply = modbus.decodeReply(bytes);
  return reply.kind === 'read' ? decodeLiveBlock(reply.data) : reply;
}

function decodeAcrel4g(bytes: Uint8Array): unknown {
  const message = decodeUp(bytes);
  return message.kind === 'data'
    ? message.sections.map(({ modbus: bare }) => decodeLiveBlock(bare.subarray(3)))
    : message;
}

/** Metering replies are rare among frames of any kind: some are added. */
const metering = any.metering.map((one) =>
  cjt188.encodeFrame(cjt188.readReply(cjt188.readRequest('78330011223344', 1), one)),
);

export const fuzzSubjects = (): readonly FuzzSubject[] => [
  {
    name: 'modbus requests',
    frames: sample(any.modbusRequest.map(modbus.encodeRequest)),
    decode: modbus.decodeRequest,
    checksum: crcAt(0, 0),
    createStream: modbus.createModbusRequestStream,
    mostBufferedBytes: 256,
  },
  {
    name: 'modbus replies',
    frames: sample(any.modbusReply.map(modbus.encodeReply)),
    decode: decodeModbusReply,
    checksum: crcAt(0, 0),
    createStream: modbus.createModbusLineStream,
    mostBufferedBytes: 256,
  },
  {
    name: 'modbus tcp',
    frames: sample(
      any.modbusReply.map((reply) => modbus.encodeTcp({ transactionId: 7, rtu: modbus.encodeReply(reply) })),
    ),
    decode: (frame) => modbus.decodeReply(modbus.decodeTcp(frame).rtu),
    checksum: null,
    createStream: modbus.createModbusTcpStream,
    mostBufferedBytes: 260,
  },
  {
    name: 'acrel4g up',
    frames: sample(any.acrel4gUp.map(encodeUp)),
    decode: decodeAcrel4g,
    checksum: crcAt(2, 2),
    createStream: () => createAcrel4gStream('up'),
    mostBufferedBytes: 4096,
  },
  {
    name: 'acrel4g down',
    frames: sample(any.acrel4gDown.map(encodeDown)),
    decode: decodeDown,
    checksum: crcAt(2, 2),
    createStream: () => createAcrel4gStream('down'),
    mostBufferedBytes: 4096,
  },
  {
    name: 'cjt188',
    frames: sample(
      fc.oneof(
        any.cjt188Frame.map((frame) => cjt188.encodeFrame(frame)),
        metering,
      ),
    ),
    decode: decodeCjt188,
    checksum: SUM,
    createStream: cjt188.createCjt188Stream,
    mostBufferedBytes: 113,
  },
  {
    name: 'dlt645 requests',
    frames: sample(dlt645RequestFrame),
    decode: decodeDlt645,
    checksum: SUM,
    createStream: dlt645.createDlt645Stream,
    mostBufferedBytes: 267,
  },
  {
    name: 'dlt645 replies',
    frames: sample(dlt645ReplyFrame),
    decode: decodeDlt645,
    checksum: SUM,
    createStream: dlt645.createDlt645Stream,
    mostBufferedBytes: 267,
  },
];
