import { ByteWindow } from './byte-window.ts';
import { isProtocolError } from './errors.ts';
import { copyOf } from './frame-copy.ts';

/**
 * Cuts a byte stream into messages. Never throws on input, holds a bounded number of bytes, and gives the same
 * messages however the bytes are cut into chunks.
 */
export interface StreamDecoder<M> {
  /** The messages that these bytes complete, in order. Their frames are copies. */
  push(chunk: Uint8Array): M[];
  /** Bytes held because they may be the beginning of a frame. */
  readonly bufferedBytes: number;
  /** Bytes given up as noise since the stream began, those of rejected frames included. */
  readonly skippedBytes: number;
  /** Candidates that had the shape of a frame and were not one: wrong checksum, wrong end, impossible contents. */
  readonly rejectedFrames: number;
  /** Forgets what is buffered, for example after a silence; the counts go on. */
  reset(): void;
}

/** A message with the bytes it came from, for the record. */
export interface Received<M> {
  readonly message: M;
  readonly frame: Uint8Array;
}

/**
 * What a candidate's first bytes say: it needs `needBytes` in all before more can be said; it is a whole frame; it
 * never began like one ('noise'); or it looked like one and failed ('rejected').
 */
export type Verdict<M> = { readonly needBytes: number } | { readonly message: M } | 'noise' | 'rejected';

/** The verdict on a candidate that is as long as a frame: what `decode` makes of it. */
export function verdictOf<M>(
  frame: Uint8Array,
  decode: (frame: Uint8Array) => M,
): { readonly message: M } | 'rejected' {
  try {
    return { message: decode(frame) };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return 'rejected';
  }
}

interface Candidate {
  readonly at: number;
  /** The stream position at which it can next be judged. */
  due: number;
}

/** How one protocol's frames are told from noise by their header. */
export interface FrameRule<M> {
  readonly maxFrameBytes: number;
  /** What every frame begins with; null when any byte may. */
  readonly startByte: number | null;
  /** No candidate is judged before it has so many bytes. */
  readonly headerBytes: number;
  /**
   * Sees a candidate's bytes from its first on. It is called for nearly every byte of a hostile stream, so it must
   * refuse a wrong checksum without throwing: an error costs a hundred times a checksum.
   */
  readonly judge: (candidate: Uint8Array) => Verdict<M>;
  /**
   * What the search would find, for the usual case and without it: a frame that stands whole at `at`, and inside of which
   * no other ends before. Null says nothing, and leaves it to the search.
   */
  readonly takeWhole?: (bytes: Uint8Array, at: number) => Whole<M> | null;
}

/** A message, and where in the bytes its frame ends. */
export interface Whole<M> {
  readonly message: M;
  readonly end: number;
  /** A copy of the frame, where the message has views of it. */
  readonly frame?: Uint8Array;
}

/**
 * A decoder for protocols whose header tells the length. Every byte may begin a frame; all candidates are followed at
 * once and the first to be complete wins. So a false header never hides the true frame behind it, and there is no
 * going back over the same bytes: each byte costs at most one look at each candidate in the window.
 */
export const createLengthStream = <M>(rule: FrameRule<M>): StreamDecoder<Received<M>> => new LengthStream(rule);

/** Most packets complete one frame, and an array that grows takes room for seventeen. */
function withOne<T>(list: T[] | null, one: T): T[] {
  if (list === null) return [one];
  list.push(one);
  return list;
}

/** What every stream decoder has: the bytes still held, the counts, and the walk over a chunk. */
export abstract class ByteStream<M> implements StreamDecoder<Received<M>> {
  protected readonly window = new ByteWindow();
  #skippedBytes = 0;
  #rejectedFrames = 0;

  get bufferedBytes(): number {
    return this.window.end - this.window.start;
  }

  get skippedBytes(): number {
    return this.#skippedBytes;
  }

  get rejectedFrames(): number {
    return this.#rejectedFrames;
  }

  push(given: Uint8Array): Received<M>[] {
    // A Buffer's slice is a view of it, where a plain array's is a copy: decoders rely on the copy.
    const isPlain = Object.getPrototypeOf(given) === Uint8Array.prototype;
    const chunk = isPlain ? given : new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    let received: Received<M>[] | null = null;
    let at = 0;
    while (at < chunk.length) {
      // With nothing held, what stands here is all that counts.
      if (this.window.end === this.window.start) {
        const start = this.findStart(chunk, at);
        this.#skippedBytes += start - at;
        at = start;
        const whole = this.takeWhole(chunk, at);
        if (whole) {
          received = withOne(received, { message: whole.message, frame: whole.frame ?? copyOf(chunk, at, whole.end) });
          at = whole.end;
          continue;
        }
        if (at === chunk.length) break;
      }
      const one = this.accept(chunk[at++] ?? 0);
      if (one) received = withOne(received, one);
    }
    return received ?? [];
  }

  /** Where the next byte is that may begin a frame, all before it being noise; at the end if none may. */
  protected findStart(_chunk: Uint8Array, at: number): number {
    return at;
  }

  /** As `FrameRule.takeWhole`. */
  protected takeWhole(_chunk: Uint8Array, _at: number): Whole<M> | null {
    return null;
  }

  abstract reset(): void;

  /** Takes one byte; gives the frame that it completes. */
  protected abstract accept(byte: number): Received<M> | null;

  protected countRejected(frames: number): void {
    this.#rejectedFrames += frames;
  }

  /** Everything before the position is noise. */
  protected skipTo(position: number): void {
    if (position > this.window.start) this.#skippedBytes += this.window.forget(position);
  }

  /** Takes the bytes from the position on as a frame's, for the caller to keep. */
  protected cutFrame(from: number): Uint8Array {
    this.skipTo(from);
    const frame = this.window.view(from, this.window.end).slice();
    this.window.forget(this.window.end);
    return frame;
  }
}

class LengthStream<M> extends ByteStream<M> {
  readonly #rule: FrameRule<M>;
  #candidates: Candidate[] = [];
  /** Where frames were rejected. They count once it is sure that they were no part of a good frame. */
  #rejections: number[] = [];

  constructor(rule: FrameRule<M>) {
    super();
    this.#rule = rule;
  }

  override reset(): void {
    this.#candidates = [];
    this.#giveUpBefore(this.window.end);
  }

  protected override findStart(chunk: Uint8Array, at: number): number {
    const { startByte } = this.#rule;
    if (startByte === null || chunk[at] === startByte) return at;
    const start = chunk.indexOf(startByte, at);
    return start < 0 ? chunk.length : start;
  }

  protected override takeWhole(chunk: Uint8Array, at: number): Whole<M> | null {
    return this.#rule.takeWhole?.(chunk, at) ?? null;
  }

  protected override accept(byte: number): Received<M> | null {
    const { window } = this;
    const { startByte, headerBytes, maxFrameBytes, judge } = this.#rule;
    if (startByte === null || startByte === byte) {
      this.#candidates.push({ at: window.end, due: window.end + headerBytes });
    }
    window.append(byte);
    let alive = 0;
    for (const candidate of this.#candidates) {
      if (candidate.due === window.end) {
        const verdict = judge(window.view(candidate.at, window.end));
        if (verdict === 'rejected') this.#rejections.push(candidate.at);
        if (typeof verdict === 'string') continue;
        if ('message' in verdict) return this.#complete(candidate.at, verdict.message);
        if (verdict.needBytes > maxFrameBytes) continue;
        candidate.due = candidate.at + verdict.needBytes;
      }
      this.#candidates[alive++] = candidate;
    }
    this.#candidates.length = alive;
    this.#giveUpBefore(this.#candidates[0]?.at ?? window.end);
    return null;
  }

  #complete(at: number, message: M): Received<M> {
    this.#giveUpBefore(at);
    this.#candidates = [];
    this.#rejections = [];
    return { message, frame: this.cutFrame(at) };
  }

  #giveUpBefore(position: number): void {
    this.skipTo(position);
    if (this.#rejections.length === 0) return;
    this.countRejected(this.#rejections.filter((at) => at < position).length);
    this.#rejections = this.#rejections.filter((at) => at >= position);
  }
}
