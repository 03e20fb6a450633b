import { concatBytes } from '@openprepay/kernel';
import { isProtocolError, type Received, type StreamDecoder } from '@openprepay/protocols';
import type { Ask } from '@openprepay/protocols/driver';
import { headendError } from './errors.ts';
import type { LinkLimits } from './limits.ts';
import type { Line, Priority, ReachableMeter } from './reachable.ts';
import type { Stats } from './stats.ts';
import type { FrameError, Trace } from './trace.ts';

export interface LineOptions {
  readonly limits: LinkLimits;
  readonly stats: Stats;
  readonly trace: Trace;
  /** How long the line rests after an exchange, so that the meters know the next frame from the last. */
  readonly gapMs: number;
  /** @returns false when the connection takes nothing any more */
  send(request: Uint8Array, meter: ReachableMeter): boolean;
  onAnswer(meter: ReachableMeter): void;
  onTimeOut(meter: ReachableMeter): void;
}

interface Job {
  readonly meter: ReachableMeter;
  readonly priority: Priority;
  readonly prepare: () => Ask | null | Promise<Ask | null>;
  readonly resolve: (frame: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
}

interface Outstanding {
  readonly job: Job;
  readonly ask: Ask;
  readonly timer: NodeJS.Timeout;
  readonly stream: StreamDecoder<Received<unknown>>;
  heardMs: number;
  /** What came while nothing of it was a frame, for people to look at. */
  unread: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const MAX_UNREAD_BYTES = 256;

/**
 * The wire has no transaction id. So one question is outstanding at a time; what comes back is cut by the stream of the
 * meter asked, since a bus may carry several protocols; and only a frame that fits the question is taken.
 */
export class HalfDuplexLine implements Line {
  readonly #options: LineOptions;
  readonly #queue: Job[] = [];
  #busy = false;
  #outstanding: Outstanding | null = null;
  #rest: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  ask(priority: Priority, prepare: Job['prepare'], meter: ReachableMeter): Promise<Uint8Array | null> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#queue.length >= this.#options.limits.maxRequestsQueued) {
      return Promise.reject(headendError('headend.queue_full', 'too many requests wait for this connection'));
    }
    return new Promise((resolve, reject) => {
      const behind = this.#queue.findIndex((job) => job.priority > priority);
      this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, { meter, priority, prepare, resolve, reject });
      void this.#next();
    });
  }

  /**
   * Bytes of the line: whole frames or parts of them, noise, echoes, late answers.
   * @returns whether an answer was waited for
   */
  receive(bytes: Uint8Array): boolean {
    const outstanding = this.#outstanding;
    if (!outstanding) {
      this.#options.stats.count('replies_stray');
      return false;
    }
    const { stream } = outstanding;
    const nowMs = performance.now();
    if (nowMs - outstanding.heardMs > this.#options.limits.frameWithinMs) stream.reset();
    outstanding.heardMs = nowMs;
    const frames = stream.push(bytes);
    outstanding.unread =
      frames.length > 0 ? NOTHING : concatBytes(outstanding.unread, bytes).slice(0, MAX_UNREAD_BYTES);
    for (const { frame } of frames) this.#judge(outstanding, frame);
    return true;
  }

  /** The link acknowledged a write by itself, without a frame of the meter. */
  acknowledge(): void {
    const outstanding = this.#outstanding;
    if (outstanding?.ask.write && outstanding.ask.fits) this.#settle(outstanding, NOTHING);
    else this.#options.stats.count('replies_stray');
  }

  /** The gateway says that the meter did not answer: the same as waiting in vain, but sooner. */
  noAnswer(): void {
    this.#giveUp(this.#options.gapMs);
  }

  close(): void {
    this.#closed = true;
    if (this.#rest) clearTimeout(this.#rest);
    const outstanding = this.#outstanding;
    if (outstanding) {
      this.#end(outstanding);
      outstanding.job.reject(closedError());
    }
    for (const job of this.#queue.splice(0)) job.reject(closedError());
  }

  #judge(outstanding: Outstanding, frame: Uint8Array): void {
    const { stats } = this.#options;
    const { ask } = outstanding;
    const isFitting = fits(ask, frame);
    // An adapter that hears itself. Where a meter answers in the words of the question, its answer is taken as one.
    if (!isFitting && isTailOf(ask.request, frame)) {
      stats.count('echoes_filtered');
      return;
    }
    const isAnswer = isFitting && this.#outstanding === outstanding;
    this.#see('up', outstanding.job.meter, frame, isAnswer ? null : 'not_awaited');
    if (isAnswer) this.#settle(outstanding, frame);
    else stats.count('replies_stray');
  }

  async #next(): Promise<void> {
    if (this.#busy || this.#rest || this.#closed) return;
    const job = this.#queue.shift();
    if (!job) return;
    this.#busy = true;
    try {
      const ask = await job.prepare();
      if (ask && !this.#closed) return this.#send(job, ask);
      if (ask) job.reject(closedError());
      else job.resolve(null);
    } catch (error) {
      job.reject(error);
    }
    this.#busy = false;
    void this.#next();
  }

  #send(job: Job, ask: Ask): void {
    const { limits, stats, send } = this.#options;
    const { meter } = job;
    stats.count('requests_sent');
    this.#see('down', meter, ask.request, null);
    const timer = setTimeout(() => this.#giveUp(limits.quietAfterTimeOutMs), limits.replyWithinMs);
    const stream = meter.driver.createStream();
    const outstanding = { job, ask, timer, stream, heardMs: performance.now(), unread: NOTHING };
    this.#outstanding = outstanding;
    try {
      // A connection that takes nothing is being closed, and closing rejects what is outstanding.
      send(ask.request, meter);
    } catch (error) {
      // What the link cannot carry was never on the wire: nothing of it may be left to end another question.
      if (this.#outstanding === outstanding) this.#end(outstanding);
      throw error;
    }
    if (ask.fits === null && this.#outstanding === outstanding) this.#settle(outstanding, NOTHING);
  }

  #settle(outstanding: Outstanding, frame: Uint8Array): void {
    const { gapMs, onAnswer } = this.#options;
    const { job, ask } = outstanding;
    this.#end(outstanding);
    if (ask.fits) onAnswer(job.meter);
    job.resolve(frame);
    if (gapMs > 0) this.#restFor(gapMs);
    else void this.#next();
  }

  #giveUp(restMs: number): void {
    const { limits, stats, onTimeOut } = this.#options;
    const outstanding = this.#outstanding;
    if (!outstanding) return;
    const { job } = outstanding;
    this.#end(outstanding);
    stats.count('requests_timed_out');
    if (outstanding.unread.length > 0) this.#see('up', job.meter, outstanding.unread, 'no_frame');
    this.#restFor(restMs);
    job.reject(headendError('headend.request_timed_out', `no reply within ${limits.replyWithinMs} ms`));
    onTimeOut(job.meter);
  }

  #end({ timer, stream }: Outstanding): void {
    const { stats } = this.#options;
    clearTimeout(timer);
    stats.count('noise_bytes', stream.skippedBytes + stream.bufferedBytes);
    stats.count('frames_rejected', stream.rejectedFrames);
    this.#outstanding = null;
    this.#busy = false;
  }

  #restFor(ms: number): void {
    this.#rest = setTimeout(() => {
      this.#rest = null;
      void this.#next();
    }, ms);
  }

  #see(
    direction: 'up' | 'down',
    { device, driver }: ReachableMeter,
    bytes: Uint8Array,
    error: FrameError | null,
  ): void {
    const { marketId, meterId, link, linkKey } = device;
    this.#options.trace.frame({
      direction,
      link,
      linkKey,
      marketId,
      meterId,
      protocol: driver.protocol,
      bytes,
      error,
    });
  }
}

const closedError = () => headendError('headend.connection_closed', 'the connection to the meter is closed');

/** A frame that makes no sense to the driver answers nothing. */
function fits(ask: Ask, frame: Uint8Array): boolean {
  try {
    return ask.fits?.(frame) ?? false;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return false;
  }
}

/** A request may begin with bytes that wake the line and are no part of its frame. */
const isTailOf = (request: Uint8Array, frame: Uint8Array): boolean =>
  Buffer.compare(request.subarray(-frame.length), frame) === 0;
