import { allOffline } from '../devices/index.ts';
import type { Context } from '../platform/context.ts';
import { intake as storeReports } from '../readings/index.ts';
import { ACREL4G_LIMITS, type Acrel4gLimits } from './acrel4g/limits.ts';
import type { Acrel4gLink } from './acrel4g/link.ts';
import { type Listener, listenAcrel4g } from './acrel4g/listener.ts';
import { Sessions } from './acrel4g/sessions.ts';
import { startContacts } from './contacts.ts';
import { ElectricityDelivery } from './delivery/electricity.ts';
import { startDelivery } from './delivery/index.ts';
import { PlatformClients } from './nb/clients.ts';
import { PlatformDelivery } from './nb/delivery.ts';
import { Products } from './nb/products.ts';
import { createReportQueue, type Intake } from './report-queue.ts';
import { type Counter, createStats } from './stats.ts';
import { SWEEP_PACE, type SweepPace, startSweep } from './sweep.ts';

export interface HeadendOptions {
  readonly listenHost: string;
  /** 0 takes a free one. */
  readonly listenPort: number;
  /** How reports become durable; by default the readings room's intake. */
  readonly intake?: Intake;
  readonly limits?: Partial<Acrel4gLimits>;
  readonly sweep?: Partial<SweepPace>;
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
  stats(): HeadendStats;
  /** Closes the port, lets what was received become durable, and leaves its meters offline. */
  stop(): Promise<void>;
}

/** Starts the device port, the sweep, and the delivery of commands over both links. */
export async function startHeadend(ctx: Context, options: HeadendOptions): Promise<Headend> {
  const { intake = (batch) => storeReports(ctx.db, batch), fetch: send = fetch } = options;
  await allOffline(ctx.db, 'acrel4g');
  const stats = createStats(ctx.log);
  const contacts = startContacts(ctx);
  const sessions = new Sessions();
  let listener: Listener | undefined;
  const reports = createReportQueue({
    intake,
    onPressure: (full) => listener?.setPressure(full),
    onFailure: (err, count) => stats.trouble('intake_failed', { err, reports: count }, 'reports could not be stored'),
  });
  const limits: Acrel4gLimits = { ...ACREL4G_LIMITS, ...options.limits };
  const link: Acrel4gLink = {
    ctx,
    limits,
    stats,
    reports,
    contacts,
    sessions,
    onReachable: (meter) => electricity.poke(meter.device.meterId),
  };
  const electricity = new ElectricityDelivery(link, options.readBackAfterMs);
  const water = new PlatformDelivery({
    ctx,
    stats,
    clients: new PlatformClients(new Products(ctx.db), ctx.clock, send),
  });
  const port = await listenAcrel4g(link, options.listenHost, options.listenPort);
  listener = port;
  const sweep = startSweep(link, { ...SWEEP_PACE, ...options.sweep });
  const delivery = startDelivery(ctx, electricity, water);
  return {
    port: port.port,
    stats: () => ({
      ...stats.snapshot(),
      connections: port.connections,
      sessions: sessions.size,
      unregistered: port.unregistered,
      reportsQueued: reports.queued,
    }),
    async stop() {
      await Promise.all([port.stop(), delivery.stop(), sweep.stop()]);
      await reports.drained();
      await contacts.stop();
    },
  };
}
