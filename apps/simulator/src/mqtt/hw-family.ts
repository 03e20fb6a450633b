import { zonedParts } from '@openprepay/kernel';
import { BusMaster } from '../bus/master.ts';
import { busPlaceOf } from '../bus-place.ts';
import type { AnyMeter } from '../make-meter.ts';
import { TimerGroup } from '../timers.ts';
import { nowMs } from '../world.ts';
import {
  compactTime,
  decimalOf,
  type Family,
  json,
  type MqttDevice,
  nameOf,
  objectIn,
  READINGS_KEPT,
} from './family.ts';

interface Reading {
  readonly body: object;
  /** It could not be sent when it was read. */
  readonly history: boolean;
}

/** The overseas family: `/gw/acrelHW/null/{command}/{serial}` up, `/server/…` down, every upload acknowledged. */
export class HwFamily implements Family {
  readonly filters: readonly string[];
  loggedIn = false;
  readonly #device: MqttDevice;
  readonly #timers: TimerGroup;
  readonly #masters = new Map<string, BusMaster>();
  #readings: Reading[] = [];
  #sent: Reading | null = null;
  #reported = false;

  constructor(device: MqttDevice) {
    this.#device = device;
    this.#timers = new TimerGroup(device.world.timers);
    this.filters = [`/server/acrelHW/+/+/${device.linkKey}`];
  }

  begin(): void {
    const { lines, world, linkKey } = this.#device;
    for (const [port, bus] of lines.byPort) this.#masters.set(port, new BusMaster(bus, world, linkKey));
    this.#logIn();
  }

  end(): void {
    this.loggedIn = false;
    this.#sent = null;
    this.#timers.cancelAll();
    for (const master of this.#masters.values()) master.stop();
    this.#masters.clear();
  }

  report(): void {
    const fresh = this.#device.meters.map((meter) => ({ body: this.#reading(meter), history: !this.loggedIn }));
    this.#readings = [...this.#readings, ...fresh].slice(-READINGS_KEPT * this.#device.meters.length);
    this.#deliver();
  }

  take(topic: string, payload: Uint8Array): void {
    const command = topic.split('/')[4];
    const body = objectIn(payload);
    if (!body) return;
    if (command === 'login' && body['res'] === 1) this.#onLogin();
    else if ((command === 'data' || command === 'hstdata') && body['res'] === 1) this.#onAck();
    else if (command === 'transport') void this.#pass(body);
  }

  #logIn(): void {
    this.#send('login', {
      time: this.#time(),
      ver: '1.02',
      ccid: '89860400000000000001',
      imei: '860803000000001',
      rssi: 24,
    });
    this.#timers.after(this.#device.world.pace.ackTimeoutMs, () => {
      if (!this.loggedIn) this.#logIn();
    });
  }

  #onLogin(): void {
    if (this.loggedIn) return;
    this.loggedIn = true;
    this.#timers.cancelAll();
    this.#send('time', {});
    this.#beatLater();
    if (!this.#reported) this.report();
    else this.#deliver();
    this.#reported = true;
  }

  #beatLater(): void {
    this.#timers.after(this.#device.world.pace.heartbeatMs, () => {
      this.#send('heart', {});
      this.#beatLater();
    });
  }

  /** One at a time, again and again until it is acknowledged. */
  #deliver(): void {
    const [oldest] = this.#readings;
    if (!this.loggedIn || this.#sent || !oldest) return;
    this.#sent = oldest;
    const send = () => {
      if (this.#sent !== oldest) return;
      this.#send(oldest.history ? 'hstdata' : 'data', oldest.body);
      this.#timers.after(this.#device.world.pace.ackTimeoutMs, send);
    };
    send();
  }

  #onAck(): void {
    if (!this.#sent) return;
    this.#readings = this.#readings.filter((reading) => reading !== this.#sent);
    this.#sent = null;
    this.#deliver();
  }

  #reading(meter: AnyMeter): object {
    const head = { time: this.#time(), meterSN: nameOf(meter), meterName: meter.site.model };
    if (!meter.onAir) return { ...head, meterStatus: 'missing' };
    const { total } = meter.takeTicks();
    return { ...head, meterStatus: 'normal', wh: decimalOf(total), do1: meter.switchState === 'on' ? 1 : 0, ct: 1 };
  }

  async #pass({ meterSN, data }: Readonly<Record<string, unknown>>): Promise<void> {
    const meter = this.#device.meters.find((candidate) => nameOf(candidate) === meterSN);
    if (!meter || typeof data !== 'string' || !/^([0-9a-f]{2})+$/i.test(data)) return;
    const master = this.#masters.get(busPlaceOf(meter.site).port);
    const heard = await master?.ask(Uint8Array.from(Buffer.from(data, 'hex')));
    if (heard) this.#send('transport', { meterSN, data: Buffer.from(heard).toString('hex') });
  }

  #send(command: string, body: object): void {
    const { linkKey } = this.#device;
    this.#device.publish(`/gw/acrelHW/null/${command}/${linkKey}`, json({ type: command, gwSN: linkKey, ...body }));
  }

  #time(): string {
    const { world } = this.#device;
    return compactTime(zonedParts(new Date(nowMs(world)), world.zone));
  }
}
