import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { saveGateways } from '../../devices/index.ts';
import type { Database } from '../../platform/database.ts';
import { START, seedMarket, type TestMeter } from './market.ts';

export const SECRET = 'a-secret-of-its!';

/** A meter that is its own MQTT device, with `SECRET` to sign in. */
export async function mqttMeter(db: Database, access: object = { unverified: 'allowed' }): Promise<TestMeter> {
  const [meter] = (await seedMarket(db, { electricity: 1 })).electricity;
  if (!meter) throw new Error('no meter');
  const { marketId, meterId, linkKey } = meter;
  await db.query(`update meter set link = 'mqtt', access = $2 where meter_id = $1`, [meterId, JSON.stringify(access)]);
  await db.query(`update device_directory set link = 'mqtt' where meter_id = $1`, [meterId]);
  await saveGateways(db, marketId, START, [{ link: 'mqtt', linkKey, name: 'mqtt', secret: SECRET, settings: {} }]);
  return meter;
}

export interface Heard {
  readonly topic: string;
  readonly text: string;
}

/** A device, played by somebody else's MQTT client: says what a test says, and keeps what it hears. */
export class MqttTestDevice {
  readonly heard: Heard[] = [];
  readonly client: MqttClient;
  readonly #waiting: { fits: (heard: Heard) => boolean; done: (heard: Heard) => void }[] = [];

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('message', (topic, payload) => this.#take({ topic, text: payload.toString() }));
    client.on('error', () => {});
  }

  static async signIn(port: number, username: string, options: IClientOptions = {}): Promise<MqttTestDevice> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      username,
      password: SECRET,
      clientId: username,
      reconnectPeriod: 0,
      ...options,
    });
    return new MqttTestDevice(client);
  }

  async hear(...filters: string[]): Promise<readonly number[]> {
    const granted = await this.client
      .subscribeAsync(filters, { qos: 1 })
      .catch((error: { granted?: unknown }) => error);
    return Array.isArray(granted) ? granted.map(({ qos }) => qos) : [128];
  }

  async say(topic: string, message: object | string): Promise<void> {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    await this.client.publishAsync(topic, text, { qos: 1 });
  }

  /** The next message whose topic contains this. */
  next(part: string): Promise<Heard> {
    return new Promise((done) => this.#waiting.push({ fits: ({ topic }) => topic.includes(part), done }));
  }

  closed(): Promise<void> {
    return new Promise((done) => this.client.once('close', () => done()));
  }

  async leave(): Promise<void> {
    await this.client.endAsync(true);
  }

  #take(heard: Heard): void {
    this.heard.push(heard);
    const at = this.#waiting.findIndex(({ fits }) => fits(heard));
    if (at >= 0) this.#waiting.splice(at, 1)[0]?.done(heard);
  }
}
