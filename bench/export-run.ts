import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { post } from '../apps/server/src/ledger/index.ts';
import type { Database } from '../apps/server/src/platform/database.ts';
import { silentLog } from '../apps/server/src/platform/log.ts';
import { startServer } from '../apps/server/src/server.ts';
import { compareSlow, type Ratio } from './pairs.ts';
import { seedPostingsMarket } from './postings-market.ts';

type Format = 'xlsx' | 'csv';

export interface ExportFigures {
  readonly rows: number;
  readonly format: Format;
  readonly megabytes: number;
  /** The most that the program's memory grew while it was made and sent. */
  readonly grewMb: number;
  /** Rows a second beside those of `copy`. */
  readonly ratio: Ratio;
}

const MB = 1024 * 1024;
const LOOK_MS = 20;
const BATCH = 1_000;
const KEYS = ['at', 'kind', 'account', 'customer', 'purse', 'amount', 'balance', 'operator', 'receipt', 'key'];

/** What PostgreSQL does alone: the same cells of the same rows in the same order, from one statement, into a file of its machine. */
const copyTo = (marketId: string, path: string) => `copy (
  select tx.recorded_at, tx.kind, account.number, account.customer_name, posting.ledger_account, posting.amount_fen / 100.0,
         receipt.balance_fen / 100.0, operator.name, receipt.label, tx.idempotency_key
  from posting
  join ledger_tx tx using (market_id, tx_id)
  join account using (market_id, account_id)
  left join operator on operator.operator_id = tx.operator_id
  left join receipt on receipt.market_id = posting.market_id and receipt.tx_id = posting.tx_id
  where posting.market_id = '${marketId}' and posting.account_id is not null
  order by posting.tx_id desc, posting.line desc) to '${path}' with (format csv, header)`;

/** A ledger of so many entries taken along as a file, each way, beside PostgreSQL's own `copy` of the same. */
export async function runExports(db: Database, rows: number, pairs: number): Promise<ExportFigures[]> {
  const market = await seedPostingsMarket(db, Math.min(rows, 10_000));
  const { marketId, topUp } = market;
  for (let left = rows - Math.min(rows, 10_000); left > 0; left -= BATCH) {
    await db.tx((tx) => post(tx, marketId, Array.from({ length: Math.min(left, BATCH) }, topUp)));
  }
  await db.query('vacuum analyze');
  const folder = await mkdtemp(join(tmpdir(), 'openprepay-copy-'));
  await chmod(folder, 0o777);
  const server = await startServer({
    db,
    http: { host: '127.0.0.1', port: 0 },
    device: { host: '127.0.0.1', port: 0 },
    consoleDir: null,
    speed: 1,
    log: silentLog,
  });
  try {
    const take = await exporter(server, marketId);
    let at = 0;
    const copy = async () => {
      const fromMs = performance.now();
      at += 1;
      await db.query(copyTo(marketId, join(folder, `${at}.csv`)));
      return performance.now() - fromMs;
    };
    const figures: ExportFigures[] = [];
    for (const format of ['csv', 'xlsx'] as const) {
      let last = { wallMs: 0, megabytes: 0, grewMb: 0 };
      let grewMb = 0;
      const ratio = await compareSlow(
        async () => {
          last = await measured(() => take(format));
          // Of the first the program itself grows.
          grewMb = at > 0 ? Math.max(grewMb, last.grewMb) : 0;
          return last.wallMs;
        },
        copy,
        rows,
        pairs,
      );
      figures.push({ rows, format, megabytes: last.megabytes, grewMb, ratio });
    }
    return figures;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function exporter(server: Awaited<ReturnType<typeof startServer>>, marketId: string) {
  const { httpUrl } = server;
  const send = (path: string, body: unknown, cookie = '') =>
    fetch(`${httpUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: httpUrl, cookie },
      body: JSON.stringify(body),
    });
  const cookie = (await send('/api/sign-in', server.firstAdmin)).headers.get('set-cookie')?.split(';')[0] ?? '';
  return (format: Format) => {
    const columns = KEYS.map((key) => ({ key, label: key }));
    const body = { format, title: 'ledger', timeZone: 'Asia/Shanghai', columns };
    return send(`/api/markets/${marketId}/ledger/export`, body, cookie);
  };
}

async function measured(work: () => Promise<Response>): Promise<{ wallMs: number; megabytes: number; grewMb: number }> {
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
    wallMs: performance.now() - fromMs,
    megabytes: Math.round((bytes / MB) * 10) / 10,
    grewMb: Math.round((most - before) / MB),
  };
}
