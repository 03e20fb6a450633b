import { isProtocolError, protocolError } from '@openprepay/protocols';
import {
  buildHwTopic,
  decodeHwUp,
  encodeHwDown,
  type HwDown,
  type HwTopic,
  type HwUp,
  readingOfHwData,
} from '@openprepay/protocols/acrelmqtt';
import type { ReachableMeter } from '../reachable.ts';
import { splitBusAddress } from '../sessions.ts';
import type { Family, MqttDevice } from './device.ts';
import type { Spoken } from './topics.ts';

type Data = Extract<HwUp, { kind: 'data' }>;
type Login = Extract<HwUp, { kind: 'login' }>;

/** The overseas family: every upload is acknowledged, and a meter's own protocol passes through. */
export class HwFamily implements Family {
  readonly #device: MqttDevice;
  /** As the device last called itself, for what we say to it unasked. */
  #product: string | null = null;

  constructor(device: MqttDevice) {
    this.#device = device;
  }

  receive(spoken: Spoken, payload: Uint8Array): void {
    if (spoken.family !== 'hw') {
      this.#device.refuse(spoken, payload, 'other_family');
      return;
    }
    const { topic } = spoken;
    this.#product = topic.product;
    try {
      const message = decodeHwUp(topic.command, payload);
      if (message.serial !== topic.serial) throw protocolError('frame.bad_value', 'another serial than the topic’s');
      this.#device.see('up', spoken.text, payload);
      this.#handle(topic, message, payload);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.#device.refuse(spoken, payload, error.code);
    }
  }

  send(request: Uint8Array, meter: ReachableMeter): boolean {
    const meterSerial = splitBusAddress(meter.device.busAddress).port || this.#device.linkKey;
    return this.#send({ kind: 'transparent', meterSerial, bytes: request });
  }

  close(): void {}

  #handle({ command }: HwTopic, message: HwUp, payload: Uint8Array): void {
    const device = this.#device;
    const acknowledge = () => this.#send({ kind: 'ack', command, accepted: true });
    switch (message.kind) {
      case 'login':
        device.noteContact(saidBy(message));
        acknowledge();
        return;
      case 'time_request': {
        const local = device.localTime();
        if (local) this.#send({ kind: 'time', local });
        return;
      }
      case 'heartbeat':
        device.noteContact({});
        acknowledge();
        return;
      case 'data':
        void this.#take(message, payload).then((durable) => durable && acknowledge());
        return;
      case 'transparent': {
        const { session, linkKey } = device;
        const port = message.meterSerial === linkKey ? '' : (message.meterSerial ?? '');
        // A meter that is not behind it has no line, and gets none for being named.
        if (port === '' || session.hasPort(port)) session.line(port).receive(message.bytes);
        else device.env.stats.count('replies_stray');
        return;
      }
      case 'other':
        if (message.res !== null) return;
        if (command === 'event') device.tell('device_event', { content: message.body });
        acknowledge();
    }
  }

  #take(data: Data, payload: Uint8Array): Promise<boolean> {
    const name = data.meterSerial;
    const verified = this.#device.meterOf(name)?.device.access['unverified'] === 'allowed';
    return this.#device.take([{ name, reading: readingOfHwData(data, { verified }).reading }], payload);
  }

  #send(message: HwDown): boolean {
    const { command, payload } = encodeHwDown(message);
    const { linkKey: serial } = this.#device;
    return this.#device.publish(buildHwTopic({ direction: 'down', product: this.#product, command, serial }), payload);
  }
}

const saidBy = ({ iccid, rssi, version }: Login) => ({
  ...(iccid !== null && { iccid }),
  ...(rssi !== null && { rssi }),
  ...(version !== null && { firmware: version }),
});
