import { noteUnclaimed } from '../../devices/index.ts';
import { findClaimed } from '../gateways.ts';
import type { LinkEnv } from '../link.ts';
import { startBroker } from './broker.ts';
import { joinBroker } from './client.ts';
import { MqttDevices } from './devices.ts';
import { MQTT_LIMITS, type MqttLimits } from './limits.ts';

/** A broker of our own on this address, or the URL of one elsewhere. */
export type MqttConfig = { readonly host: string; readonly port: number } | { readonly url: string };

export interface MqttLink {
  /** Where devices sign in; null where the broker is elsewhere. */
  readonly port: number | null;
  readonly connections: number;
  stop(): Promise<void>;
}

const LINK = 'mqtt';

/** Opens the way for devices that speak MQTT. */
export async function startMqtt(env: LinkEnv, config: MqttConfig, limits: Partial<MqttLimits> = {}): Promise<MqttLink> {
  const { ctx, stats } = env;
  const bounds: MqttLimits = { ...MQTT_LIMITS, ...limits };
  const devices = new MqttDevices(env, bounds);
  const shared = { ctx, limits: bounds, stats, events: devices };
  const port =
    'url' in config
      ? joinBroker(shared, config.url)
      : await startBroker({ ...shared, ...doorOf(env) }, config.host, config.port).catch((error: unknown) => {
          devices.stop();
          throw error;
        });
  devices.port = port;
  return {
    port: port.port,
    get connections() {
      return port.connections;
    },
    async stop() {
      devices.stop();
      await port.stop();
    },
  };
}

/** A device that nobody claimed is listed by what it signs in as; a wrong secret is told to the market that owns the device. */
function doorOf({ ctx, trace }: LinkEnv) {
  return {
    secretOf: async (linkKey: string) => (await findClaimed(ctx.db, LINK, linkKey))?.gateway?.secret ?? null,
    onStranger(linkKey: string, remote: string): void {
      tellStranger(linkKey, remote).catch((error: unknown) =>
        ctx.log.warn({ err: error, linkKey }, 'an MQTT device that was not let in could not be noted'),
      );
    },
  };
  async function tellStranger(linkKey: string, remote: string): Promise<void> {
    const claimed = await findClaimed(ctx.db, LINK, linkKey);
    if (!claimed) return noteUnclaimed(ctx.db, ctx.clock.now(), LINK, linkKey, remote);
    const reason = claimed.gateway?.secret ? 'wrong_secret' : 'no_secret_registered';
    const { marketId } = claimed;
    trace.event({ link: LINK, linkKey, marketId, meterId: null, event: 'sign_in_refused', detail: { remote, reason } });
  }
}
