import { connect } from 'mqtt';
import type { Context } from '../../platform/context.ts';
import type { Stats } from '../stats.ts';
import type { MqttLimits } from './limits.ts';
import type { MqttEvents, MqttPort } from './port.ts';
import { UP_FILTERS } from './topics.ts';

export interface ClientOptions {
  readonly ctx: Context;
  readonly limits: MqttLimits;
  readonly stats: Stats;
  readonly events: MqttEvents;
}

const RECONNECT_AFTER_MS = 2_000;
const CONNECT_WITHIN_MS = 10_000;
const KEEP_ALIVE_S = 30;

/**
 * Hears all devices through a broker elsewhere; one that is away is tried again every two seconds. That broker lets the
 * devices in: what a topic says of its speaker is taken for true. The session is clean: what was missed is sent again by
 * the devices, which were not acknowledged.
 * @param url `mqtt://` or `mqtts://`, with user and password where it asks for them
 */
export function joinBroker({ ctx, limits, stats, events }: ClientOptions, url: string): MqttPort {
  const client = connect(url, {
    clean: true,
    keepalive: KEEP_ALIVE_S,
    reconnectPeriod: RECONNECT_AFTER_MS,
    connectTimeout: CONNECT_WITHIN_MS,
    queueQoSZero: false,
    resubscribe: false,
  });
  const broker = new URL(url).host;
  client.on('connect', () => {
    client.subscribe([...UP_FILTERS], { qos: 1 }, (error, granted) => {
      const isRefused = error !== null || granted?.some(({ qos }) => qos > 1);
      if (isRefused) stats.trouble('mqtt_broker_lost', { err: error, broker }, 'the MQTT broker refuses our topics');
    });
  });
  client.on('close', () => stats.trouble('mqtt_broker_lost', { broker }, 'no connection to the MQTT broker'));
  client.on('error', (error) => ctx.log.warn({ err: error, broker }, 'the MQTT broker had an error'));
  client.on('message', (topic, payload, packet) => {
    // What a broker kept says nothing of now.
    if (packet.retain) return;
    if (payload.length <= limits.maxPacketBytes && topic.length <= limits.maxTopicBytes) {
      events.onMessage(topic, payload, null);
    } else {
      stats.trouble('closed_for_garbage', { topic: topic.slice(0, limits.maxTopicBytes) }, 'a message over the limit');
    }
  });
  return {
    port: null,
    get connections() {
      return client.connected ? 1 : 0;
    },
    publish(topic, payload) {
      if (!client.connected) return false;
      // Quality of service 0: with 1 a switch order would be kept here, and sent when it is long superseded.
      client.publish(topic, Buffer.from(payload), { qos: 0 });
      return true;
    },
    async stop() {
      await client.endAsync(true);
    },
  };
}
