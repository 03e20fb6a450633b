import { createRequire } from 'node:module';
import { MODBUS_FRAMES } from './decode-frames.ts';
import type { Work } from './pairs.ts';

/*
 * How npm's codecs take an RTU reply when nothing but the decoding is asked of them: no port, no timer, no queue. These are
 * the parts that their clients run for every reply, called by themselves.
 */

const require = createRequire(import.meta.url);

interface JsmodbusReply {
  readonly address: number;
  readonly crc: number;
  readonly body: { readonly valuesAsBuffer: Buffer; createPayload(): Buffer };
}
interface JsmodbusHandler {
  handleData(data: Buffer): void;
  shift(): JsmodbusReply | undefined;
}

const buffers = MODBUS_FRAMES.map((frame) => Buffer.from(frame));
const VALUE_AT = 43;

/** jsmodbus cuts the stream in one class and checks the CRC, over the payload made anew, in the next. */
export function decodeJsmodbus(): Work {
  const Handler: new () => JsmodbusHandler = require('jsmodbus/dist/rtu-client-response-handler.js').default;
  const fromJsmodbus = createRequire(require.resolve('jsmodbus'));
  const { crc16modbus }: { crc16modbus(bytes: Buffer): number } = fromJsmodbus('crc');
  return () => {
    const handler = new Handler();
    let sink = 0;
    for (const packet of buffers) {
      handler.handleData(packet);
      const reply = handler.shift();
      if (!reply) continue;
      const checked = Buffer.concat([Buffer.from([reply.address]), reply.body.createPayload()]);
      if (crc16modbus(checked) !== reply.crc) continue;
      const { valuesAsBuffer } = reply.body;
      sink += reply.address + valuesAsBuffer.length + (valuesAsBuffer[VALUE_AT] ?? 0);
    }
    return sink;
  };
}

interface SerialClient {
  _port: { _transactionIdRead: number };
  _transactions: Record<number, object>;
  _onReceive(data: Buffer): void;
}

/** modbus-serial needs to be told unit and length of the reply that it waits for. */
export function decodeModbusSerial(): Work {
  const Client: new (port: object) => SerialClient = require('modbus-serial');
  const client = new Client({ _transactionIdRead: 1, on() {} });
  let sink = 0;
  const transaction = {
    nextAddress: 0,
    nextCode: 3,
    nextLength: 0,
    next(error: Error | null, reply: { readonly buffer: Buffer }) {
      if (error) throw error;
      sink += transaction.nextAddress + reply.buffer.length + (reply.buffer[VALUE_AT] ?? 0);
    },
  };
  client._transactions[1] = transaction;
  return () => {
    sink = 0;
    for (const packet of buffers) {
      transaction.nextAddress = packet[0] ?? 0;
      transaction.nextLength = packet.length;
      client._onReceive(packet);
    }
    return sink;
  };
}
