import { randomBytes } from 'node:crypto';
import { isProtocolError, type MeterModel, protocolError } from '@openprepay/protocols';
import {
  buildIotTopic,
  decodeIotDown,
  decodeIotUp,
  encodeIotDown,
  encodeIotUp,
  type IotDown,
  type IotTopic,
  type IotUp,
  type Packing,
  PLAIN,
  readingOfIotMeter,
} from '@openprepay/protocols/acrelmqtt';
import type { Device } from '../../devices/index.ts';
import { splitBusAddress } from '../sessions.ts';
import type { Family, MqttDevice, Shown } from './device.ts';
import { iotDriver } from './iot-driver.ts';
import { OrderLine } from './order-line.ts';
import type { Spoken } from './topics.ts';

type Data = Extract<IotUp, { kind: 'data' }>;
type Login = Extract<IotUp, { kind: 'login' }>;

/** The domestic family: orders have a number of their own, and where a relay stands only the next upload says. */
export class IotFamily implements Family {
  readonly #device: MqttDevice;
  readonly #line: OrderLine;
  /** As meters last called themselves. */
  readonly #names = new Map<string, string>();
  #productKey = '';
  #packing: Packing = PLAIN;
  #lastId = BigInt(`0x${randomBytes(7).toString('hex')}`);

  constructor(device: MqttDevice) {
    this.#device = device;
    const { gateway } = device.claimed;
    this.#line = new OrderLine({
      stats: device.env.stats,
      replyWithinMs: gateway?.settings.timeoutMs ?? device.env.limits.replyWithinMs,
      clock: device.env.ctx.clock,
      send: (order) => this.#publish('indicate', decodeIotDown(order, PLAIN)),
    });
  }

  readonly speak = (device: Device, model: MeterModel) => {
    const { port } = splitBusAddress(device.busAddress);
    const order = (wanted: 'on' | 'off') => this.#switchOrder(port, model, wanted);
    return { driver: iotDriver({ order, seen: () => this.#line.seen(device.meterId) }), line: this.#line };
  };

  receive(spoken: Spoken, payload: Uint8Array): void {
    if (spoken.family !== 'iot') {
      this.#device.refuse(spoken, payload, 'other_family');
      return;
    }
    const { topic } = spoken;
    this.#productKey = topic.productKey;
    try {
      const message = this.#decode(topic, payload);
      if (message.serial !== topic.serial) throw protocolError('frame.bad_value', 'another serial than the topic’s');
      const plain = encodeIotUp(message, PLAIN);
      this.#device.see('up', spoken.text, plain);
      this.#handle(topic, message, plain);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.#device.refuse(spoken, payload, error.code);
    }
  }

  send(): boolean {
    return false;
  }

  close(): void {
    this.#line.close();
  }

  /** A login is never packed, and may come at any time. */
  #decode({ channel }: IotTopic, payload: Uint8Array): IotUp {
    if (channel === 'sys' && payload[0] === '{'.charCodeAt(0)) return decodeIotUp(channel, payload, PLAIN);
    return decodeIotUp(channel, payload, this.#packing);
  }

  #handle({ channel }: IotTopic, message: IotUp, plain: Uint8Array): void {
    const { msgid } = message;
    switch (message.kind) {
      case 'login':
        this.#login(message);
        return;
      case 'time_request':
        this.#device.noteContact({});
        this.#publish('sys', { ...this.#head(msgid), kind: 'time' });
        return;
      case 'data':
        void this.#take(message, plain).then((durable) => durable && this.#accept('data', message.method, msgid));
        return;
      case 'answer':
        if (channel === 'indicate') this.#line.receive(plain);
        return;
      case 'other':
        if (channel === 'sys') this.#accept('sys', message.method, msgid);
    }
  }

  #login(message: Login): void {
    const { msgid, compress, encrypted, iccid, softwareVersion } = message;
    const { claimed, noteContact } = this.#device;
    const secret = encrypted ? (claimed.gateway?.secret ?? null) : null;
    const isPossible = compress !== 'lzo' && (!encrypted || secret?.length === 16);
    if (!isPossible) this.#device.tell('packing_impossible', { compress, encrypted });
    this.#packing = PLAIN;
    noteContact.call(this.#device, {
      ...(iccid !== null && { iccid }),
      ...(softwareVersion !== null && { firmware: softwareVersion }),
    });
    const answer = { kind: 'answer', method: 'login', accepted: isPossible, errorCode: null } as const;
    this.#publish('sys', { ...this.#head(msgid), ...answer });
    this.#packing = isPossible ? { compress, secret } : PLAIN;
  }

  async #take(data: Data, plain: Uint8Array): Promise<boolean> {
    const shown: Shown[] = data.meters.map((part) => {
      const meter = this.#device.meterOf(part.address);
      const verified = meter?.device.access['unverified'] === 'allowed';
      if (meter && part.name !== null) this.#names.set(splitBusAddress(meter.device.busAddress).port, part.name);
      return { name: part.address, reading: readingOfIotMeter(part, { verified }).reading };
    });
    const durable = await this.#device.take(shown, plain);
    for (const { name, reading } of durable ? shown : []) {
      const meter = this.#device.meterOf(name);
      const isAwaited = meter && reading && this.#line.report(meter.device.meterId, { reading, frame: plain }, data.at);
      if (isAwaited) this.#device.env.onReachable(meter);
    }
    return durable;
  }

  #accept(channel: 'sys' | 'data', method: string, msgid: string | null): void {
    this.#publish(channel, { ...this.#head(msgid), kind: 'answer', method, accepted: true, errorCode: null });
  }

  #switchOrder(port: string, model: MeterModel, wanted: 'on' | 'off'): { msgid: string; order: IotDown } {
    this.#lastId += 1n;
    const msgid = String(this.#lastId);
    const meterName = this.#names.get(port) ?? `${model.model.split('-')[0]}-IOT`;
    const address = port === '' ? null : port;
    return { msgid, order: { ...this.#head(msgid), kind: 'switch', address, meterName, wanted } };
  }

  #head(msgid: string | null) {
    return { msgid, serial: this.#device.linkKey, at: this.#device.env.ctx.clock.now() };
  }

  #publish(channel: IotTopic['channel'], message: IotDown): boolean {
    const { linkKey: serial } = this.#device;
    const topic = buildIotTopic({ channel, direction: 'down', productKey: this.#productKey, serial });
    return this.#device.publish(topic, encodeIotDown(message, this.#packing));
  }
}
