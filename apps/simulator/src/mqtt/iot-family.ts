import { deflateSync, inflateSync } from 'node:zlib';
import { zonedParts } from '@openprepay/kernel';
import { ElectricityMeter } from '../electricity-meter.ts';
import type { AnyMeter } from '../make-meter.ts';
import { drawChance } from '../random.ts';
import { TimerGroup } from '../timers.ts';
import { nowMs } from '../world.ts';
import { compactTime, decimalOf, type Family, type MqttDevice, nameOf, objectIn, READINGS_KEPT } from './family.ts';

const COMPRESSED_PERMILLE = 500;
const UPLOAD_INTERVAL_S = 1_800;
/** Message numbers have 64 bits; beyond 2^53 a number in JSON loses its last digits. */
const FIRST_MESSAGE = 9_007_199_254_740_993n;

interface Upload {
  readonly msgid: bigint;
  readonly timestamp: number;
  readonly payload: readonly object[];
}

/** The domestic family: `sys`, `data` and `indicate` topics under a product key, answers by message number. */
export class IotFamily implements Family {
  readonly filters: readonly string[];
  loggedIn = false;
  readonly #device: MqttDevice;
  readonly #productKey: string;
  readonly #compressed: boolean;
  readonly #timers: TimerGroup;
  #msgid = FIRST_MESSAGE;
  #uploads: Upload[] = [];
  #sent: Upload | null = null;
  #reported = false;

  constructor(device: MqttDevice, productKey: string) {
    const { linkKey, world } = device;
    this.#device = device;
    this.#productKey = productKey;
    this.#compressed = drawChance(COMPRESSED_PERMILLE, world.seed, linkKey, 'compress');
    this.#timers = new TimerGroup(world.timers);
    this.filters = [`sys/server/${productKey}/${linkKey}`, `indicate/server/${productKey}/${linkKey}`];
  }

  begin(): void {
    const payload = {
      compress: this.#compressed ? 1 : 0,
      compressAlgo: 'ZLIB',
      encrypt: 0,
      upInterval: UPLOAD_INTERVAL_S,
      devname: this.#device.meters[0]?.site.model,
      softcode: '1352',
      softversion: '1.05',
      network: 0,
      imei: '860803000000002',
      ccid: '89860400000000000002',
    };
    this.#publish('sys/dev', this.#next(), 'login', { payload }, false);
    this.#timers.after(this.#device.world.pace.ackTimeoutMs, () => {
      if (!this.loggedIn) this.begin();
    });
  }

  end(): void {
    this.loggedIn = false;
    this.#sent = null;
    this.#timers.cancelAll();
  }

  report(): void {
    const { meters, world } = this.#device;
    const payload = meters.filter(({ onAir }) => onAir).map((meter) => this.#reading(meter));
    const timestamp = Math.floor(nowMs(world) / 1000);
    this.#uploads = [...this.#uploads, { msgid: this.#next(), timestamp, payload }].slice(-READINGS_KEPT);
    this.#deliver();
  }

  take(topic: string, bytes: Uint8Array): void {
    const text = this.#unpacked(bytes);
    const message = text && objectIn(text);
    if (!message) return;
    // The number is read from the text, digit by digit.
    const [, digits = '0'] = /"msgid"\s*:\s*"?(\d{1,20})/.exec(new TextDecoder().decode(text)) ?? [];
    if (topic.startsWith('indicate/')) this.#order(BigInt(digits), message);
    else if (message['method'] === 'login' && message['res'] === 1) this.#onLogin();
    else if (message['res'] === 1 && this.#sent?.msgid === BigInt(digits)) this.#onAck();
  }

  #onLogin(): void {
    if (this.loggedIn) return;
    this.loggedIn = true;
    this.#timers.cancelAll();
    this.#publish('sys/dev', this.#next(), 'time', { payload: {} });
    if (this.#reported) this.#deliver();
    else this.report();
    this.#reported = true;
  }

  #deliver(): void {
    const [oldest] = this.#uploads;
    if (!this.loggedIn || this.#sent || !oldest) return;
    this.#sent = oldest;
    const send = () => {
      if (this.#sent !== oldest) return;
      const { msgid, timestamp, payload } = oldest;
      this.#publish('data/up', msgid, 'data', { timestamp, payload });
      this.#timers.after(this.#device.world.pace.ackTimeoutMs, send);
    };
    send();
  }

  #onAck(): void {
    this.#uploads = this.#uploads.filter((upload) => upload !== this.#sent);
    this.#sent = null;
    this.#deliver();
  }

  #reading(meter: AnyMeter): object {
    const { world } = this.#device;
    const { total } = meter.takeTicks();
    return {
      meteraddr: nameOf(meter),
      meterName: meter.site.model,
      time: compactTime(zonedParts(new Date(nowMs(world)), world.zone)),
      EPI: decimalOf(total),
      do1: meter.switchState === 'on' ? 1 : 0,
    };
  }

  /** Switches a meter, which takes its time; the answer only says that the order came in. */
  #order(msgid: bigint, { method, payload }: Readonly<Record<string, unknown>>): void {
    const order = { ...(payload as { method?: unknown; meteraddr?: unknown; ForceSwitch?: unknown } | undefined) };
    const meters = this.#device.meters;
    const meter = meters.length === 1 ? meters[0] : meters.find((one) => nameOf(one) === order.meteraddr);
    const wanted = order.ForceSwitch === 1 ? 'on' : order.ForceSwitch === 0 ? 'off' : null;
    const done = order.method === 'FORCESWITCH' && meter instanceof ElectricityMeter && wanted !== null;
    if (done) meter.force(wanted);
    this.#publish('indicate/dev', msgid, String(method), done ? { res: 1 } : { res: 0, errcode: '503' });
  }

  #publish(channel: string, msgid: bigint, method: string, body: object, packed = true): void {
    const { linkKey, world } = this.#device;
    const timestamp = Math.floor(nowMs(world) / 1000);
    const rest = JSON.stringify({ method, sn: linkKey, timestamp, ...body });
    const text = Buffer.from(`{"msgid":${msgid},${rest.slice(1)}`);
    const payload = packed && this.#compressed ? deflateSync(text) : text;
    this.#device.publish(`${channel}/${this.#productKey}/${linkKey}`, payload);
  }

  /** The server packs as the login said; its answer to the login itself may come either way. */
  #unpacked(bytes: Uint8Array): Uint8Array | null {
    if (!this.#compressed || bytes[0] === 0x7b) return bytes;
    try {
      return inflateSync(bytes);
    } catch {
      return null;
    }
  }

  #next(): bigint {
    this.#msgid += 1n;
    return this.#msgid;
  }
}
