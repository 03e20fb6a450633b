import { createAcrel4gStream } from '@openprepay/protocols/acrel4g';
import { decodeLiveBlock } from '@openprepay/protocols/acrel1352';
import { createDlt645Stream, decodeData, decodeReply as decodeDlt645Reply } from '@openprepay/protocols/dlt645';
import { createModbusLineStream, decodeReply } from '@openprepay/protocols/modbus';
import { ACREL_FRAMES, DLT645_FRAMES, MODBUS_FRAMES } from './decode-frames.ts';
import type { Work } from './pairs.ts';

/** Unit, function and byte count. */
const HEADER_BYTES = 3;

/** Each frame comes as one packet, through the stream and down to typed values, as the head-end does it. */
export function decodeAcrel(): Work {
  const stream = createAcrel4gStream('up');
  return () => {
    let sink = 0;
    for (const packet of ACREL_FRAMES) {
      for (const { message } of stream.push(packet)) {
        if (message.kind !== 'data') continue;
        for (const { modbus } of message.sections) {
          const block = decodeLiveBlock(modbus.subarray(HEADER_BYTES));
          sink += Number(block.totalWh) + block.voltageDeciV[0] + (block.clock?.minute ?? 0);
        }
      }
    }
    return sink;
  };
}

export function decodeDlt645(): Work {
  const stream = createDlt645Stream();
  return () => {
    let sink = 0;
    for (const packet of DLT645_FRAMES) {
      for (const { message } of stream.push(packet)) {
        const reply = decodeDlt645Reply(message);
        if (reply.kind !== 'data') continue;
        for (const { value } of decodeData(reply.edition, reply.dataId, reply.data)) sink += Number(value);
        sink += reply.address.length;
      }
    }
    return sink;
  };
}

export function decodeModbus(): Work {
  const stream = createModbusLineStream();
  return () => {
    let sink = 0;
    for (const packet of MODBUS_FRAMES) {
      for (const { frame } of stream.push(packet)) {
        const reply = decodeReply(frame);
        if (reply.kind === 'read') sink += reply.unit + reply.data.length + (reply.data[43] ?? 0);
      }
    }
    return sink;
  };
}
