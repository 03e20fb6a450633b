import { encodeDown } from '@openprepay/protocols/acrel4g';
import {
  answers,
  decodeReply,
  encodeRequest,
  type ModbusReply,
  type ModbusRequest,
} from '@openprepay/protocols/modbus';
import { headendError } from '../errors.ts';
import type { Stats } from '../stats.ts';
import type { Acrel4gLimits } from './limits.ts';

/** Who goes first on a connection: a command before a person's read before the sweep. */
export const PRIORITY = { command: 0, person: 1, sweep: 2 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** A request that was answered. `reply` is null where the modem acknowledged a write with its serial alone. */
export interface Exchange {
  readonly request: ModbusRequest;
  readonly reply: ModbusReply | null;
  readonly replyFrame: Uint8Array;
}

export interface RequestsOptions {
  readonly limits: Acrel4gLimits;
  readonly stats: Stats;
  /** @returns false when the connection takes nothing any more */
  send(frame: Uint8Array): boolean;
  onTimeOut(inARow: number): void;
}

interface Job {
  readonly priority: Priority;
  readonly prepare: () => ModbusRequest | null | Promise<ModbusRequest | null>;
  readonly resolve: (exchange: Exchange | null) => void;
  readonly reject: (error: unknown) => void;
}

/** The Acrel 4G frame that carries a Modbus request. */
export const transparentFrame = (request: ModbusRequest): Uint8Array =>
  encodeDown({ kind: 'transparent', modbus: encodeRequest(request) });

/**
 * The requests of one connection. The wire has no transaction id, so one is outstanding at a time and only a reply that
 * fits it in unit, function and length is taken.
 */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #queue: Job[] = [];
  #busy = false;
  #outstanding: { readonly request: ModbusRequest; readonly job: Job; readonly timer: NodeJS.Timeout } | null = null;
  #quiet: NodeJS.Timeout | null = null;
  #timeOutsInARow = 0;
  #closed = false;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /**
   * Waits for its turn, then sends what `prepare` gives, so that a command is made durable, or withdrawn with null, at
   * the last moment.
   * @returns null when it was withdrawn
   * @throws headend.request_timed_out, headend.connection_closed, headend.queue_full
   */
  request(priority: Priority, prepare: Job['prepare']): Promise<Exchange | null> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#queue.length >= this.#options.limits.maxRequestsQueued) {
      return Promise.reject(headendError('headend.queue_full', 'too many requests wait for this connection'));
    }
    return new Promise((resolve, reject) => {
      const behind = this.#queue.findIndex((job) => job.priority > priority);
      this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, { priority, prepare, resolve, reject });
      void this.#next();
    });
  }

  /** A transparent message came up. Empty `modbus` acknowledges a write. */
  receive(modbus: Uint8Array, replyFrame: Uint8Array): void {
    const outstanding = this.#outstanding;
    const reply = modbus.length === 0 ? null : tryDecode(modbus);
    if (!outstanding || reply === 'undecodable' || !fits(outstanding.request, reply)) {
      this.#options.stats.count('replies_stray');
      return;
    }
    const { request, job, timer } = outstanding;
    clearTimeout(timer);
    this.#outstanding = null;
    this.#timeOutsInARow = 0;
    this.#busy = false;
    job.resolve({ request, reply, replyFrame });
    void this.#next();
  }

  close(): void {
    this.#closed = true;
    if (this.#quiet) clearTimeout(this.#quiet);
    if (this.#outstanding) {
      clearTimeout(this.#outstanding.timer);
      this.#outstanding.job.reject(closedError());
      this.#outstanding = null;
    }
    for (const job of this.#queue.splice(0)) job.reject(closedError());
  }

  async #next(): Promise<void> {
    if (this.#busy || this.#quiet || this.#closed) return;
    const job = this.#queue.shift();
    if (!job) return;
    this.#busy = true;
    try {
      const request = await job.prepare();
      if (request && !this.#closed) return this.#send(job, request);
      if (request) job.reject(closedError());
      else job.resolve(null);
    } catch (error) {
      job.reject(error);
    }
    this.#busy = false;
    void this.#next();
  }

  #send(job: Job, request: ModbusRequest): void {
    const { limits, stats, send } = this.#options;
    const timer = setTimeout(() => this.#timeOut(), limits.replyWithinMs);
    this.#outstanding = { request, job, timer };
    stats.count('requests_sent');
    // A connection that takes nothing is being closed, and closing rejects what is outstanding.
    send(transparentFrame(request));
  }

  #timeOut(): void {
    const { limits, stats, onTimeOut } = this.#options;
    const job = this.#outstanding?.job;
    this.#outstanding = null;
    this.#busy = false;
    this.#timeOutsInARow += 1;
    stats.count('requests_timed_out');
    this.#quiet = setTimeout(() => {
      this.#quiet = null;
      void this.#next();
    }, limits.quietAfterTimeOutMs);
    job?.reject(headendError('headend.request_timed_out', `no reply within ${limits.replyWithinMs} ms`));
    onTimeOut(this.#timeOutsInARow);
  }
}

const closedError = () => headendError('headend.connection_closed', 'the connection to the meter is closed');

/** Only a write can be acknowledged without a reply of the meter itself. */
const fits = (request: ModbusRequest, reply: ModbusReply | null): boolean =>
  reply === null ? request.kind !== 'read' : answers(request, reply);

function tryDecode(modbus: Uint8Array): ModbusReply | 'undecodable' {
  try {
    return decodeReply(modbus);
  } catch {
    return 'undecodable';
  }
}
