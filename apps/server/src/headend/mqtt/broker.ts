import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Aedes, type AedesOptions, type Client } from 'aedes';
import type { Context } from '../../platform/context.ts';
import { headendError } from '../errors.ts';
import type { Counter, Stats } from '../stats.ts';
import { MAX_LINK_KEY, type MqttLimits } from './limits.ts';
import { PacketGate } from './packet-gate.ts';
import type { MqttEvents, MqttPort, Peer } from './port.ts';
import { hearerOf, spokenOn } from './topics.ts';

export interface BrokerOptions {
  readonly ctx: Context;
  readonly limits: MqttLimits;
  readonly stats: Stats;
  readonly events: MqttEvents;
  /** What a device signs in with; null for one that nobody claimed. */
  secretOf(linkKey: string): Promise<string | null>;
  /** Somebody wanted in as a device that nobody claimed, or with a wrong secret. */
  onStranger(linkKey: string, remote: string): void;
}

const BAD_CREDENTIALS = 4;
const SERVER_UNAVAILABLE = 3;
const KEEP_ALIVE_AFTER_MS = 60_000;

/**
 * A broker for devices alone: nobody comes in without its own secret, a device speaks and hears on its own topics, and
 * nothing is kept for it. What must not be lost is a command's row in the database, and a message that is not acknowledged
 * in its own protocol, which the device sends again.
 */
export async function startBroker(options: BrokerOptions, host: string, port: number): Promise<MqttPort> {
  const { ctx, limits, stats, events } = options;
  const peers = new Map<Client, Peer>();
  const gates = new Set<PacketGate>();
  const remotes = new WeakMap<object, string>();
  const remoteOf = (client: Client) => remotes.get(client.conn) ?? 'unknown';

  const broker = await Aedes.createBroker({
    ...rulesOf(options, peers, remoteOf),
    connectTimeout: limits.signInWithinMs,
    drainTimeout: limits.drainWithinMs,
    maxClientsIdLength: MAX_LINK_KEY,
  });
  broker.on('publish', (packet, client) => {
    const peer = client && peers.get(client);
    if (peer) events.onMessage(packet.topic, Buffer.from(packet.payload), peer);
  });
  broker.on('clientDisconnect', (client) => {
    const peer = peers.get(client);
    if (peer && peers.delete(client)) events.onGone(peer);
  });
  broker.on('keepaliveTimeout', () => stats.count('closed_for_silence'));

  const accept = (socket: Socket) => {
    const remote = socket.remoteAddress ?? 'unknown';
    if (gates.size >= limits.maxConnections || gates.size - peers.size >= limits.maxUnknown) {
      stats.trouble('connections_refused', { remote }, 'the MQTT port is full');
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    stats.count('connections_accepted');
    const refuse = () => stats.trouble('closed_for_garbage', { remote }, 'an MQTT packet over the limit, or none');
    const gate = new PacketGate(socket, limits.maxPacketBytes, refuse);
    gates.add(gate);
    remotes.set(gate, remote);
    gate.on('close', () => gates.delete(gate));
    broker.handle(gate);
  };
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS }, accept);
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    broker.close();
    throw error;
  });
  server.on('error', (error) => ctx.log.error({ err: error }, 'the MQTT port had an error'));
  const address = server.address();
  if (address === null || typeof address === 'string') throw headendError('headend.not_listening', 'no MQTT port');

  return {
    port: address.port,
    get connections() {
      return gates.size;
    },
    publish(topic, payload) {
      broker.publish(
        { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: false, dup: false },
        () => {},
      );
      return true;
    },
    async stop() {
      const closed = new Promise((done) => server.close(done));
      for (const gate of gates) gate.destroy();
      await closed;
      await new Promise<void>((done) => broker.close(() => done()));
    },
  };
}

/** Who comes in, and what he may do there. */
function rulesOf(
  { ctx, limits, stats, secretOf, onStranger }: BrokerOptions,
  peers: Map<Client, Peer>,
  remoteOf: (client: Client) => string,
): Required<Pick<AedesOptions, 'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe'>> {
  const subscriptions = new WeakMap<Client, Set<string>>();
  const deny = (client: Client, reason: Counter, detail: object) => {
    stats.trouble(reason, { linkKey: peers.get(client)?.linkKey, ...detail }, 'an MQTT device may not do that');
    return new Error('not allowed');
  };
  return {
    preConnect(_client, packet, done) {
      // The name of a device is what it signs in with: so its newest connection wins, and no other can push it off.
      packet.clientId = packet.username ?? '';
      packet.clean = true;
      delete packet.will;
      packet.keepalive = Math.min(packet.keepalive || limits.keepAliveS, limits.keepAliveS);
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const remote = remoteOf(client);
      const refused = (returnCode: number) => Object.assign(new Error('refused'), { returnCode });
      const reject = () => {
        stats.count('sign_ins_refused');
        done(refused(BAD_CREDENTIALS), false);
      };
      if (!username || username.length > MAX_LINK_KEY) return reject();
      secretOf(username).then(
        (secret) => {
          if (secret !== null && isSame(secret, password)) {
            peers.set(client, { linkKey: username, remote, close: () => client.close() });
            return done(null, true);
          }
          onStranger(username, remote);
          reject();
        },
        (error: unknown) => {
          ctx.log.error({ err: error, linkKey: username }, 'an MQTT device could not be looked up');
          done(refused(SERVER_UNAVAILABLE), false);
        },
      );
    },
    authorizePublish(client, packet, done) {
      if (client === null) return done(null);
      const { topic, qos } = packet;
      const peer = peers.get(client);
      if (!peer || qos > 1 || topic.length > limits.maxTopicBytes || spokenOn(topic)?.linkKey !== peer.linkKey) {
        return done(deny(client, 'mqtt_denied', { publish: topic.slice(0, limits.maxTopicBytes), qos }));
      }
      packet.retain = false;
      done(null);
    },
    authorizeSubscribe(client, subscription, done) {
      const { topic } = subscription;
      const filters = subscriptions.get(client) ?? new Set();
      subscriptions.set(client, filters.add(topic));
      const peer = peers.get(client);
      if (!peer || filters.size > limits.maxSubscriptions || hearerOf(topic) !== peer.linkKey) {
        filters.delete(topic);
        deny(client, 'mqtt_denied', { subscribe: topic.slice(0, limits.maxTopicBytes) });
        return done(null, null);
      }
      done(null, { ...subscription, qos: subscription.qos === 0 ? 0 : 1 });
    },
  };
}

/** Compared in the same time wherever they differ. */
function isSame(secret: string, password: Buffer | undefined): boolean {
  const digest = (text: string | Buffer) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(secret), digest(password ?? ''));
}
