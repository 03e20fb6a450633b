import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  EXPORT_BODY_BYTES,
  EXPORT_TYPES,
  ExportRequest,
  exportPathOf,
  type ListOf,
  MAX_EXPORT_ROWS,
  type Route,
  type RouteName,
  routes,
} from '@openprepay/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { Context } from './context.ts';
import type { Call, Handler, Handlers } from './handlers.ts';
import { httpError } from './http-errors.ts';
import { cellsOf } from './list-cells.ts';
import { openCsv } from './sheet/csv-stream.ts';
import { openXlsx } from './sheet/xlsx-stream.ts';

/*
 * Every list of the contract as a file: the list's own handler is asked page after page, in one snapshot of the database, so
 * that a file has each row once whatever happens meanwhile; what it says goes to a file of this machine, and from there to
 * who asked, as slowly as he takes it.
 */

const PAGE_ROWS = 10_000;
/** Each holds a connection to the database while it is written. */
const MAX_AT_ONCE = 3;
const WIDTH = 18;

type CallOf = (request: FastifyRequest, reply: FastifyReply) => unknown;

export function addExports(app: FastifyInstance, ctx: Context, handlers: Handlers, callOf: CallOf): void {
  let underWay = 0;
  for (const name of Object.keys(routes) as RouteName[]) {
    const route: Route = routes[name];
    const { list } = route;
    if (!list) continue;
    const handler: RouteHandlerMethod = async (request, reply) => {
      const body = request.body as ExportRequest;
      const call = callOf(request, reply) as Call<RouteName>;
      if (underWay >= MAX_AT_ONCE) throw httpError('http.too_many_exports', 'other lists are just being exported');
      underWay += 1;
      const path = join(tmpdir(), `openprepay-export-${randomUUID()}`);
      try {
        const rows = await writeFile(
          ctx,
          { list, body, path, call, ask: handlers[name] as Handler<RouteName> },
          () => request.raw.socket.destroyed,
        );
        await handlers.noteExport(ctx, {
          marketId: (request.params as { readonly marketId?: string }).marketId ?? null,
          operatorId: call.operator?.operatorId ?? '',
          list: name,
          asked: { query: request.query, format: body.format, columns: body.columns.map(({ key }) => key), rows },
        });
        return await sendFile(reply, path, body);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      } finally {
        underWay -= 1;
      }
    };
    app.route({
      method: 'POST',
      url: exportPathOf(route),
      bodyLimit: EXPORT_BODY_BYTES,
      config: { like: route },
      schema: {
        ...(route.params && { params: route.params }),
        ...(route.query && { querystring: route.query }),
        body: ExportRequest,
      },
      handler,
    });
  }
}

interface Job {
  readonly list: ListOf;
  readonly body: ExportRequest;
  readonly path: string;
  readonly call: Call<RouteName>;
  readonly ask: Handler<RouteName>;
}

/** @returns how many rows it has */
async function writeFile(ctx: Context, job: Job, isGone: () => boolean): Promise<number> {
  requireZone(job.body.timeZone);
  const toCells = cellsOf(job.list, job.body);
  const file = createWriteStream(job.path, { flags: 'wx', mode: 0o600 });
  // Whoever waits for it hears of a disk that is full.
  const written = finished(file);
  written.catch(() => {});
  try {
    const sheet = await openSheet(file, job.body);
    let rows = 0;
    for await (const page of pagesOf(ctx, job)) {
      if (isGone()) throw httpError('http.gone_away', 'nobody waits for it any more');
      rows += page.length;
      if (rows > MAX_EXPORT_ROWS) throw httpError('http.too_many_rows', `more than ${MAX_EXPORT_ROWS} rows`);
      for (const row of page) await sheet.row(toCells(row));
    }
    await sheet.end();
    file.end();
    await written;
    return rows;
  } catch (error) {
    file.destroy();
    throw error;
  }
}

function openSheet(to: Writable, { format, title, columns }: ExportRequest) {
  const headings = columns.map(({ label }) => label);
  return format === 'csv'
    ? openCsv(to, headings)
    : openXlsx(
        to,
        title,
        headings,
        headings.map(() => WIDTH),
      );
}

function requireZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw httpError('http.invalid_request', `there is no time zone ${timeZone}`);
  }
}

/** What a live list knows is no database's, so it has no snapshot. */
async function* pagesOf(ctx: Context, { list, call, ask }: Job): AsyncGenerator<readonly object[]> {
  const { db } = ctx;
  const page = async (on: Context, place: object): Promise<Answered> => {
    const query = { ...(call.query as object | undefined), ...place };
    // Which query a list takes is known to the contract, and was checked by it.
    const answer: unknown = await ask(on, { ...call, query } as unknown as Call<RouteName>);
    const fields = answer as Readonly<Record<string, unknown>>;
    const rows = (list.rows === null ? answer : fields[list.rows]) as readonly object[];
    return { rows, next: list.paging === 'next' ? (fields['next'] as string | null) : null };
  };
  const handOver = Promise.withResolvers<Context>();
  const over = Promise.withResolvers<void>();
  const snapshot = list.isLive
    ? Promise.resolve(handOver.resolve(ctx))
    : db.tx(async (tx) => {
        await tx.query('set transaction isolation level repeatable read, read only');
        handOver.resolve({ ...ctx, db: { ...db, query: tx.query, tx: (work) => work(tx) } });
        await over.promise;
      });
  snapshot.catch((error: unknown) => handOver.reject(error));
  let coming: Promise<Answered> | null = null;
  try {
    const on = await handOver.promise;
    coming = page(on, placeOf(list, 0, null));
    for (let at = 1; coming; at++) {
      const { rows, next }: Answered = await coming;
      const isLast: boolean =
        list.paging === 'whole' || rows.length < PAGE_ROWS || (list.paging === 'next' && next === null);
      // It comes while this one is written.
      coming = isLast ? null : page(on, placeOf(list, at, next));
      coming?.catch(() => {});
      yield rows;
    }
  } finally {
    await coming?.catch(() => {});
    over.resolve();
    await snapshot.catch(() => {});
  }
}

interface Answered {
  readonly rows: readonly object[];
  readonly next: string | null;
}

function placeOf({ paging }: ListOf, at: number, after: string | null): object {
  if (paging === 'next') return { page: undefined, pageSize: PAGE_ROWS, after: after ?? undefined };
  if (paging === 'page') return { page: at + 1, pageSize: PAGE_ROWS };
  return paging === 'offset' ? { offset: at * PAGE_ROWS, limit: PAGE_ROWS, before: undefined } : {};
}

async function sendFile(reply: FastifyReply, path: string, { format, title }: ExportRequest): Promise<FastifyReply> {
  const { size } = await stat(path);
  const stream = createReadStream(path);
  stream.once('close', () => void rm(path, { force: true }));
  return reply
    .header('content-type', EXPORT_TYPES[format])
    .header('content-length', size)
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(`${title}.${format}`)}`)
    .send(stream);
}
