import { sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { httpError } from './http-errors.ts';

const HASHED_ASSETS = `${sep}assets${sep}`;
const A_YEAR = 'public, max-age=31536000, immutable';

/** Serves the built console: files named by their content are kept for good, the page itself is asked for each time. */
export async function serveConsole(app: FastifyInstance, consoleDir: string | null): Promise<void> {
  if (consoleDir !== null) {
    await app.register(fastifyStatic, {
      root: consoleDir,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.header('cache-control', path.includes(HASHED_ASSETS) ? A_YEAR : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    if (consoleDir !== null && isPage(request)) return sendPage(reply);
    throw httpError('http.not_found', `nothing at ${request.method} ${request.url.slice(0, 200)}`);
  });
}

/** A view of the console that a person opened by its address: the page finds its own way from there. */
function isPage({ method, url, headers }: FastifyRequest): boolean {
  const path = url.split('?', 1)[0] ?? '';
  const isFile = /\.\w+$/.test(path) || path.startsWith('/assets/');
  return method === 'GET' && !isFile && !/^\/(api|push)\//.test(path) && Boolean(headers.accept?.includes('text/html'));
}

const sendPage = (reply: FastifyReply): FastifyReply => reply.code(200).sendFile('index.html');
