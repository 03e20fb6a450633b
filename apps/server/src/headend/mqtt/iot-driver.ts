import { isProtocolError, protocolError } from '@openprepay/protocols';
import { decodeIotUp, encodeIotDown, type IotDown, type IotUp, PLAIN } from '@openprepay/protocols/acrelmqtt';
import type { MeterDriver, MeterReading } from '@openprepay/protocols/driver';
import { PROTOCOL } from './device.ts';

export interface IotOrders {
  order(wanted: 'on' | 'off'): { readonly msgid: string; readonly order: IotDown };
  /** What the meter has shown since its last order. */
  seen(): MeterReading | null;
}

const NOTHING = new Uint8Array(0);
const MAX_ADDRESS = 32;

/**
 * A meter that takes one order, for its relay, and shows itself only when it uploads. What is asked of it goes over an
 * `OrderLine`.
 */
export const iotDriver = ({ order, seen }: IotOrders): MeterDriver => ({
  protocol: PROTOCOL,
  // Messages come whole.
  createStream: () => ({
    push: (chunk) => [{ message: null, frame: chunk }],
    bufferedBytes: 0,
    skippedBytes: 0,
    rejectedFrames: 0,
    reset() {},
  }),
  parseAddress(address) {
    if (address === '' || address.length > MAX_ADDRESS) throw protocolError('meter.bad_address', '1 to 32 characters');
    return address;
  },
  // biome-ignore lint/correctness/useYield: there is nothing to ask
  *read() {
    throw protocolError('meter.not_supported', 'it reports by itself, and cannot be asked');
  },
  *writeSwitch(_point, wanted) {
    const { msgid, order: message } = order(wanted);
    const frame = yield {
      request: encodeIotDown(message, PLAIN),
      write: true,
      fits: (answer) => answerIn(answer)?.msgid === msgid,
    };
    const answer = answerIn(frame);
    if (!answer?.done) throw protocolError('meter.refused', 'the device refused', { code: answer?.errorCode ?? null });
  },
  *readSwitch() {
    yield { request: NOTHING, write: false, fits: () => true };
    return seen()?.switchState ?? 'not_held';
  },
  // biome-ignore lint/correctness/useYield: there is nothing to ask
  *readFrozen() {
    return [];
  },
  setting: () => null,
});

function answerIn(frame: Uint8Array): Extract<IotUp, { kind: 'answer' }> | null {
  try {
    const message = decodeIotUp('indicate', frame, PLAIN);
    return message.kind === 'answer' ? message : null;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return null;
  }
}
