import type { SeenFrame } from './trace.ts';

/** A frame that is remembered. `seq` grows by one with each frame of the process. */
export interface TracedFrame extends SeenFrame {
  readonly seq: number;
  readonly at: Date;
}

/** What somebody looks for; the market is never left open. */
export interface FrameQuery {
  readonly marketId: string;
  readonly link?: string;
  readonly linkKey?: string;
  readonly meterId?: string;
  readonly direction?: 'up' | 'down';
  /** Only those that were refused. */
  readonly errors?: boolean;
  /** Of a device that calls itself so, in part and in small letters, or of one of these meters. */
  readonly like?: { readonly part: string; readonly meterIds: ReadonlySet<string> };
  /** Only those up to this number. */
  readonly upTo?: number;
}

const MAX_FRAMES = 20_000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The latest frames of all links: 20,000 of them, or 16 MB. Who looks on asks for what came since he last asked, so a slow
 * one costs no memory and holds nobody up; he misses what has been overwritten meanwhile.
 */
export class FrameRing {
  readonly #maxFrames: number;
  readonly #maxBytes: number;
  readonly #frames: TracedFrame[] = [];
  /** Sequence number of the oldest that is kept, and of the next to come; a frame stands at its number modulo the size. */
  #oldest = 0;
  #next = 0;
  #bytes = 0;

  constructor(maxFrames = MAX_FRAMES, maxBytes = MAX_BYTES) {
    this.#maxFrames = maxFrames;
    this.#maxBytes = maxBytes;
  }

  /** How many are kept. */
  get size(): number {
    return this.#next - this.#oldest;
  }

  /** The number that the next frame will have: whoever begins to look on begins here. */
  get next(): number {
    return this.#next;
  }

  add(seen: SeenFrame, at: Date): void {
    // A copy, so that a small frame does not keep the buffer alive that it was cut from.
    const frame: TracedFrame = { ...seen, bytes: seen.bytes.slice(), seq: this.#next, at };
    while (this.size >= this.#maxFrames || (this.size > 0 && this.#bytes + frame.bytes.length > this.#maxBytes)) {
      this.#bytes -= this.#at(this.#oldest)?.bytes.length ?? 0;
      this.#oldest += 1;
    }
    this.#frames[this.#next % this.#maxFrames] = frame;
    this.#bytes += frame.bytes.length;
    this.#next += 1;
  }

  /** How many of a market are kept. */
  countOf(marketId: string): number {
    let count = 0;
    for (let seq = this.#oldest; seq < this.#next; seq++) if (this.#at(seq)?.marketId === marketId) count += 1;
    return count;
  }

  /** The newest that fit, newest first. */
  latest(query: FrameQuery, limit: number): TracedFrame[] {
    const found: TracedFrame[] = [];
    for (let seq = this.#next - 1; seq >= this.#oldest && found.length < limit; seq--) {
      const frame = this.#at(seq);
      if (frame && fits(frame, query)) found.push(frame);
    }
    return found;
  }

  /** How many fit, and a page of them, newest first. */
  page(query: FrameQuery, offset: number, limit: number): { readonly total: number; readonly frames: TracedFrame[] } {
    const frames: TracedFrame[] = [];
    let total = 0;
    for (let seq = this.#next - 1; seq >= this.#oldest; seq--) {
      const frame = this.#at(seq);
      if (!frame || !fits(frame, query)) continue;
      if (total >= offset && frames.length < limit) frames.push(frame);
      total += 1;
    }
    return { total, frames };
  }

  /** Those that fit among all from number `from` on, oldest first: the newest `limit` of them, and whether some were left out. */
  since(query: FrameQuery, from: number, limit: number): { readonly frames: TracedFrame[]; readonly missed: boolean } {
    const found: TracedFrame[] = [];
    let seq = this.#next - 1;
    for (; seq >= Math.max(from, this.#oldest) && found.length < limit; seq--) {
      const frame = this.#at(seq);
      if (frame && fits(frame, query)) found.push(frame);
    }
    return { frames: found.reverse(), missed: from < this.#oldest || seq >= from };
  }

  #at(seq: number): TracedFrame | undefined {
    return this.#frames[seq % this.#maxFrames];
  }
}

const fits = (frame: TracedFrame, query: FrameQuery): boolean =>
  frame.marketId === query.marketId &&
  (query.link === undefined || frame.link === query.link) &&
  (query.linkKey === undefined || frame.linkKey === query.linkKey) &&
  (query.meterId === undefined || frame.meterId === query.meterId) &&
  (query.direction === undefined || frame.direction === query.direction) &&
  (query.errors !== true || frame.error !== null) &&
  (query.upTo === undefined || frame.seq <= query.upTo) &&
  (query.like === undefined || isLike(frame, query.like));

const isLike = ({ linkKey, meterId }: TracedFrame, { part, meterIds }: NonNullable<FrameQuery['like']>): boolean =>
  linkKey.toLowerCase().includes(part) || (meterId !== null && meterIds.has(meterId));
