import type { AddressInfo } from 'node:net';
import type { ClockAnchor } from '@openprepay/kernel';
import { startReadBatches } from './collection/jobs.ts';
import { startControl } from './control/jobs.ts';
import { handlers } from './handlers.ts';
import { type MqttConfig, startHeadend } from './headend/index.ts';
import { type IssuerConfig, newIssuer } from './identity/issuer.ts';
import { startAuditSealing } from './identity/jobs.ts';
import { issuerRoutes } from './identity/routes.ts';
import { ensureFirstAdmin, type FirstAdmin } from './identity/service.ts';
import { startLedgerSealing } from './ledger/jobs.ts';
import { startHours } from './overview/jobs.ts';
import type { Context } from './platform/context.ts';
import type { Database } from './platform/database.ts';
import { buildHttp } from './platform/http.ts';
import type { Log } from './platform/log.ts';
import { openMarketClock } from './platform/market-clock.ts';
import { openSignals } from './platform/signals.ts';
import { startProvisional, startSettlement } from './settlement/jobs.ts';

export interface ServerConfig {
  /** Migrated; the caller closes it after the server has stopped. */
  readonly db: Database;
  readonly http: { readonly host: string; readonly port: number };
  readonly device: { readonly host: string; readonly port: number };
  /** The broker that MQTT devices sign in to: one of our own, one elsewhere, or none. */
  readonly mqtt?: MqttConfig | null;
  /** Where operators may sign in beside login and password, if anywhere. */
  readonly issuer?: IssuerConfig | null;
  /** The built console, or null for the API alone. */
  readonly consoleDir: string | null;
  /** Market minutes per real minute; 1 unless it is a demonstration. */
  readonly speed: number;
  readonly log: Log;
}

export interface RunningServer {
  readonly httpUrl: string;
  readonly devicePort: number;
  /** Null without a broker of our own. */
  readonly mqttPort: number | null;
  readonly clockAnchor: ClockAnchor;
  /** Made at the very first start, and known only now. */
  readonly firstAdmin: FirstAdmin | null;
  stop(): Promise<void>;
}

const VERSION = '0.1.0';

/** The one program: API and console, head-end, and the workers that settle and decide. */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const { db, log } = config;
  const { clock, anchor } = await openMarketClock(db, config.speed);
  const stack: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of stack.splice(0).reverse()) await close();
  };
  try {
    const signals = await openSignals(db.url, log);
    stack.push(() => signals.close());
    const ctx: Context = { db, signals, clock, log };

    const headend = await startHeadend(ctx, {
      listenHost: config.device.host,
      listenPort: config.device.port,
      mqtt: config.mqtt ?? null,
    });
    stack.push(() => headend.stop());

    const loops = [
      startSettlement(ctx),
      startProvisional(ctx),
      startControl(ctx),
      startReadBatches(ctx),
      startLedgerSealing(ctx),
      startAuditSealing(ctx),
      startHours(ctx),
    ];
    stack.push(() => Promise.all(loops.map((loop) => loop.stop())));

    const app = await buildHttp(ctx, {
      handlers: { ...handlers, ...issuerRoutes(config.issuer ? newIssuer(config.issuer) : null) },
      consoleDir: config.consoleDir,
      version: VERSION,
      clockSpeed: config.speed,
    });
    stack.push(() => app.close());
    headend.acceptPushes(app);
    await app.listen({ host: config.http.host, port: config.http.port });
    const { port } = app.server.address() as AddressInfo;

    // Last of all: a password that is made must also be shown, so nothing after it may fail.
    const firstAdmin = await ensureFirstAdmin(ctx);
    const host = config.http.host.includes(':') ? `[${config.http.host}]` : config.http.host;
    return {
      httpUrl: `http://${host}:${port}`,
      devicePort: headend.port,
      mqttPort: headend.mqttPort,
      clockAnchor: anchor,
      firstAdmin,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
