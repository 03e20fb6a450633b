import type { FastifyReply } from 'fastify';

/** One listener of server-sent events (WHATWG HTML, 9.2). Who feeds it sends only while it is ready. */
export interface EventStream {
  /** False while the listener has not yet taken what was sent: what it misses now it must be sent as one change later. */
  isReady(): boolean;
  /** `data` is one line of JSON. */
  send(event: string, data: string): void;
  onReady(listener: () => void): void;
  /** Also told to one who asks too late. */
  onClose(listener: () => void): void;
}

const HEARTBEAT_MS = 15_000;
/** After this the listener has to come back, so that its session is looked at again; browsers do so by themselves. */
const MAX_AGE_MS = 15 * 60_000;
const RECONNECT_MS = 1_000;

/** The answer becomes a stream with the first event; until then an error is still a problem document. */
export function openEventStream(reply: FastifyReply): EventStream {
  const { raw } = reply;
  let isOpen = false;

  const open = () => {
    isOpen = true;
    reply.hijack();
    reply.headers({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
    raw.write(`retry: ${RECONNECT_MS}\n\n`);
    const heartbeat = setInterval(() => raw.writableNeedDrain || raw.write(':\n\n'), HEARTBEAT_MS);
    const ageLimit = setTimeout(() => raw.end(), MAX_AGE_MS);
    raw.once('close', () => {
      clearInterval(heartbeat);
      clearTimeout(ageLimit);
    });
  };

  return {
    isReady: () => !raw.writableNeedDrain && !raw.writableEnded && !raw.destroyed,
    send(event, data) {
      if (!isOpen) open();
      raw.write(`event: ${event}\ndata: ${data}\n\n`);
    },
    onReady: (listener) => void raw.on('drain', listener),
    onClose: (listener) => void (raw.destroyed ? queueMicrotask(listener) : raw.once('close', listener)),
  };
}
