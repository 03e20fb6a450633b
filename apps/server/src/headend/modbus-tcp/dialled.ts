import { connect, type Socket } from 'node:net';
import type { LinkEventName } from '@openprepay/contract';
import { isProtocolError } from '@openprepay/protocols';
import { createModbusTcpStream, decodeReply, encodeTcp } from '@openprepay/protocols/modbus';
import type { Claimed } from '../gateways.ts';
import type { LinkEnv } from '../link.ts';
import { ConnectedSession } from '../sessions.ts';
import type { EndReason } from '../stats.ts';
import { RetryPace } from './retry-pace.ts';

const LINK = 'modbus_tcp';
const KEEP_ALIVE_AFTER_MS = 60_000;
const CONNECT_WITHIN_MS = 10_000;
const TRANSACTION_IDS = 0x10000;
/** The gateway says that it could not reach the meter, or that the meter did not answer it (V1.1b3, 7). */
const METER_UNREACHABLE: readonly number[] = [0x0a, 0x0b];

/** A gateway that we call: one connection to its address, called again, ever more slowly, while it does not answer. */
export class DialledGateway {
  readonly #env: LinkEnv;
  readonly #pace = new RetryPace();
  #claimed: Claimed;
  #socket: Socket | null = null;
  #session: ConnectedSession | null = null;
  #retry: NodeJS.Timeout | null = null;
  #transactionId = 0;
  #stopped = false;

  constructor(env: LinkEnv, claimed: Claimed) {
    this.#env = env;
    this.#claimed = claimed;
    this.#dial();
  }

  /** What is known of it now, for the next time it is called. */
  set claimed(claimed: Claimed) {
    this.#claimed = claimed;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#socket?.destroy();
    this.#closed();
  }

  #dial(): void {
    this.#retry = null;
    const { host, port } = splitHostPort(this.#claimed.linkKey);
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS });
    const tooSlow = setTimeout(() => socket.destroy(), CONNECT_WITHIN_MS);
    this.#socket = socket;
    socket.on('error', (error) => this.#tell('dial_failed', { reason: error.message }));
    socket.on('connect', () => {
      clearTimeout(tooSlow);
      this.#open(socket);
    });
    socket.on('close', () => {
      clearTimeout(tooSlow);
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#closed();
      if (!this.#stopped) this.#retry = setTimeout(() => this.#dial(), this.#pace.nextMs());
    });
  }

  #open(socket: Socket): void {
    const { env, claimed } = { env: this.#env, claimed: this.#claimed };
    const { marketId, linkKey, gateway, devices } = claimed;
    const { gapMs, timeoutMs, framing = 'tcp' } = gateway?.settings ?? {};
    const remote = socket.remoteAddress ?? 'unknown';
    const hangUp = (reason: EndReason) => {
      env.stats.trouble(reason, { link: LINK, linkKey }, 'connection to a gateway closed');
      this.#tell(reason, { remote });
      socket.destroy();
      this.#closed();
    };
    const send = (rtu: Uint8Array) => this.#send(socket, framing, rtu);
    const session = new ConnectedSession(
      { env, marketId, link: LINK, linkKey, remote, gateway, gapMs, replyWithinMs: timeoutMs, send, hangUp },
      devices,
    );
    this.#session = session;
    const line = session.line();
    if (framing === 'rtu') socket.on('data', (bytes: Uint8Array) => this.#heard(line.receive(bytes)));
    else this.#listen(socket, session);
    env.stats.count('sessions_registered');
    this.#tell('session_registered', { remote });
    env.sessions.add(session)?.hangUp('sessions_replaced');
    for (const meter of session.meters) env.onReachable(meter);
  }

  /** An answer to another question than the last says so by its number: it never reaches the line. */
  #listen(socket: Socket, session: ConnectedSession): void {
    const stream = createModbusTcpStream();
    socket.on('data', (chunk: Uint8Array) => {
      for (const { message } of stream.push(chunk)) {
        if (message.transactionId !== this.#transactionId) this.#env.stats.count('replies_stray');
        else if (isMeterUnreachable(message.rtu)) session.line().noAnswer();
        else this.#heard(session.line().receive(message.rtu));
      }
      if (stream.skippedBytes > this.#env.limits.maxNoiseBytes) session.hangUp('closed_for_garbage');
    });
  }

  #heard(waitedFor: boolean): void {
    if (waitedFor) this.#pace.reset();
  }

  #send(socket: Socket, framing: 'tcp' | 'rtu', rtu: Uint8Array): boolean {
    if (!socket.writable) return false;
    this.#transactionId = (this.#transactionId + 1) % TRANSACTION_IDS;
    socket.write(framing === 'rtu' ? rtu : encodeTcp({ transactionId: this.#transactionId, rtu }));
    return true;
  }

  #closed(): void {
    const { contacts, ctx, sessions } = this.#env;
    const session = this.#session;
    if (!session) return;
    this.#session = null;
    session.close();
    if (sessions.remove(session)) this.#tell('session_closed', { remote: session.remote });
    for (const { device } of session.meters) {
      if (sessions.meter(device.meterId)) continue;
      contacts.note({ marketId: device.marketId, meterId: device.meterId, at: ctx.clock.now(), online: false });
    }
  }

  #tell(event: LinkEventName, detail: Readonly<Record<string, unknown>>): void {
    const { marketId, linkKey } = this.#claimed;
    this.#env.trace.event({ link: LINK, linkKey, marketId, meterId: null, event, detail });
  }
}

/** `10.0.0.1:502`, `gateway.local:502`, `[fd00::1]:502`. */
export function splitHostPort(linkKey: string): { host: string; port: number } {
  const colon = linkKey.lastIndexOf(':');
  return { host: linkKey.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(linkKey.slice(colon + 1)) };
}

function isMeterUnreachable(rtu: Uint8Array): boolean {
  try {
    const reply = decodeReply(rtu);
    return reply.kind === 'exception' && METER_UNREACHABLE.includes(reply.exceptionCode);
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return false;
  }
}
