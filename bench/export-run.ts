import { setInterval } from 'node:timers';
import type { Database } from '../apps/server/src/platform/database.ts';
import { silentLog } from '../apps/server/src/platform/log.ts';
import { startServer } from '../apps/server/src/server.ts';
import { seedSweepMarket, serialOf } from './sweep-market.ts';

export interface ExportFigures {
  readonly rows: number;
  readonly format: 'xlsx' | 'csv';
  readonly wallS: number;
  readonly megabytes: number;
  /** The most that the program's memory grew while it was made and sent. */
  readonly grewMb: number;
}

const MB = 1024 * 1024;
const LOOK_MS = 20;

/** The register of a market of so many meters taken along as a file, each way. */
export async function runExports(db: Database, rows: number): Promise<ExportFigures[]> {
  const serials = Array.from({ length: rows }, (_, index) => serialOf(index));
  const marketId = await seedSweepMarket(db, new Date(), serials, 86_400);
  const server = await startServer({
    db,
    http: { host: '127.0.0.1', port: 0 },
    device: { host: '127.0.0.1', port: 0 },
    consoleDir: null,
    speed: 1,
    log: silentLog,
  });
  try {
    const { httpUrl } = server;
    const post = (path: string, body: unknown, cookie = '') =>
      fetch(`${httpUrl}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: httpUrl, cookie },
        body: JSON.stringify(body),
      });
    const cookie = (await post('/api/sign-in', server.firstAdmin)).headers.get('set-cookie')?.split(';')[0] ?? '';
    const keys = [
      'serial',
      'kind',
      'stall',
      'building',
      'model',
      'online',
      'lastTotal',
      'lastContactAt',
      'link',
      'linkKey',
    ];
    const ask = (format: 'xlsx' | 'csv') => ({
      format,
      title: 'meters',
      timeZone: 'Asia/Shanghai',
      columns: keys.map((key) => ({ key, label: key })),
    });
    const figures: ExportFigures[] = [];
    for (const format of ['csv', 'xlsx', 'csv', 'xlsx'] as const) {
      const taken = await measured(() => post(`/api/markets/${marketId}/meters/export`, ask(format), cookie));
      figures.push({ rows, format, ...taken });
    }
    // The first of each warms up.
    return figures.slice(2);
  } finally {
    await server.stop();
  }
}

async function measured(work: () => Promise<Response>): Promise<Omit<ExportFigures, 'rows' | 'format'>> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, LOOK_MS);
  const fromMs = performance.now();
  let bytes = 0;
  const { body, ok } = await work();
  if (!ok || !body) throw new Error('the list was not exported');
  for await (const chunk of body) bytes += chunk.length;
  clearInterval(timer);
  return {
    wallS: Math.round(performance.now() - fromMs) / 1_000,
    megabytes: Math.round((bytes / MB) * 10) / 10,
    grewMb: Math.round((most - before) / MB),
  };
}
