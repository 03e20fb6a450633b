import type { FastifyInstance } from 'fastify';
import { allOffline } from '../devices/index.ts';
import type { Context } from '../platform/context.ts';
import { intake as storeReports } from '../readings/index.ts';
import { BACKFILL_PACE, type BackfillPace, startBackfill } from './backfill.ts';
import { startClockSync } from './clock-sync.ts';
import { startContacts } from './contacts.ts';
import { ConnectedDelivery } from './delivery/connected.ts';
import { startDelivery } from './delivery/index.ts';
import { SettingDelivery } from './delivery/settings.ts';
import { openDesk } from './desk.ts';
import { LINK_LIMITS, type LinkLimits } from './limits.ts';
import type { LinkEnv } from './link.ts';
import { type Links, startLinks } from './links.ts';
import type { MqttConfig } from './mqtt/index.ts';
import { PlatformClients } from './nb/clients.ts';
import { PlatformDelivery } from './nb/delivery.ts';
import { Products } from './nb/products.ts';
import { registerNbPush } from './nb/push.ts';
import { CONNECTED_LINKS } from './reachable.ts';
import { startRecorder } from './recorder.ts';
import { createReportQueue, type Intake } from './report-queue.ts';
import { Sessions } from './sessions.ts';
import { type Counter, createStats } from './stats.ts';
import { SWEEP_PACE, type SweepPace, startSweep } from './sweep.ts';

export { deskOf, type HeadendDesk, settingsOf } from './desk.ts';
export type { FrameQuery, FrameRing, TracedFrame } from './frame-ring.ts';
export { loadConventions, saveConventions } from './listener/conventions.ts';
export type { MqttConfig } from './mqtt/index.ts';
export type { Session } from './reachable.ts';

export interface HeadendOptions {
  readonly listenHost: string;
  /** 0 takes a free one. */
  readonly listenPort: number;
  /** Null, or left out, where no device speaks MQTT. */
  readonly mqtt?: MqttConfig | null;
  /** How reports become durable; by default the readings room's intake. */
  readonly intake?: Intake;
  readonly limits?: Partial<LinkLimits>;
  readonly sweep?: Partial<SweepPace>;
  readonly backfill?: Partial<BackfillPace>;
  readonly readBackAfterMs?: readonly number[];
  /** The way to NB platforms. */
  readonly fetch?: typeof fetch;
}

export interface HeadendStats extends Record<Counter, number> {
  readonly connections: number;
  readonly sessions: number;
  readonly unregistered: number;
  readonly reportsQueued: number;
}

export interface Headend {
  readonly port: number;
  /** Where MQTT devices sign in; null without a broker of our own. */
  readonly mqttPort: number | null;
  stats(): HeadendStats;
  /** Adds the addresses that NB platforms push to, before `app` listens. */
  acceptPushes(app: FastifyInstance): void;
  /** Closes the port, lets what was received become durable, and leaves its meters offline. */
  stop(): Promise<void>;
}

/** Starts the ways to devices, what collects readings over them, and the delivery of commands. */
export async function startHeadend(ctx: Context, options: HeadendOptions): Promise<Headend> {
  const { intake = (batch) => storeReports(ctx.db, batch), fetch: send = fetch } = options;
  for (const link of CONNECTED_LINKS) await allOffline(ctx.db, link);
  const stats = createStats(ctx.log);
  const contacts = startContacts(ctx);
  const sessions = new Sessions();
  let links: Links | undefined;
  const reports = createReportQueue({
    intake,
    onPressure: (full) => links?.setPressure(full),
    onFailure: (err, count) => stats.trouble('intake_failed', { err, reports: count }, 'reports could not be stored'),
  });
  const recorder = startRecorder(ctx);
  const limits: LinkLimits = { ...LINK_LIMITS, ...options.limits };
  const env: LinkEnv = {
    ctx,
    limits,
    stats,
    reports,
    contacts,
    sessions,
    trace: recorder.trace,
    onReachable({ device }) {
      connected.poke(device.meterId);
      settings.welcome(device.meterId);
    },
  };
  const connected = new ConnectedDelivery(env, options.readBackAfterMs);
  const settings = new SettingDelivery(env, options.readBackAfterMs);
  const platforms = new PlatformDelivery({
    ctx,
    stats,
    trace: env.trace,
    clients: new PlatformClients(new Products(ctx.db), ctx.clock, send),
  });
  const ways = await startLinks(env, options);
  links = ways;
  const collecting = [
    startSweep(env, { ...SWEEP_PACE, ...options.sweep }),
    startBackfill(env, { ...BACKFILL_PACE, ...options.backfill }),
    startClockSync(env),
  ];
  const delivery = startDelivery(ctx, connected, settings, platforms);
  const closeDesk = openDesk(env, recorder.frames);
  return {
    port: ways.port,
    mqttPort: ways.mqttPort,
    stats: () => ({
      ...stats.snapshot(),
      connections: ways.connections,
      sessions: sessions.size,
      unregistered: ways.unregistered,
      reportsQueued: reports.queued,
    }),
    acceptPushes: (app) => registerNbPush(app, env),
    async stop() {
      closeDesk();
      await Promise.all([ways, delivery, ...collecting].map((one) => one.stop()));
      await reports.drained();
      await Promise.all([contacts.stop(), recorder.stop()]);
    },
  };
}
