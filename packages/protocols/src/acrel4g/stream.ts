import { copyOf } from '../frame-copy.ts';
import { CRC16_TABLE } from '../modbus/crc16.ts';
import { ByteStream, type Received, type StreamDecoder, verdictOf, type Whole } from '../stream.ts';
import { CrcKeys } from './crc-keys.ts';
import { decodeDown } from './down.ts';
import { Heads } from './heads.ts';
import { type Acrel4gDown, type Acrel4gUp, MAX_FRAME_BYTES, MIN_FRAME_BYTES } from './messages.ts';
import { decodeUp } from './up.ts';

const HEAD_BYTE = 0x7b;
const TAIL_BYTE = 0x7d;

export function createAcrel4gStream(direction: 'up'): StreamDecoder<Received<Acrel4gUp>>;
export function createAcrel4gStream(direction: 'down'): StreamDecoder<Received<Acrel4gDown>>;
export function createAcrel4gStream(direction: 'up' | 'down'): StreamDecoder<Received<Acrel4gUp | Acrel4gDown>> {
  return new MarkedStream<Acrel4gUp | Acrel4gDown>(direction === 'up' ? decodeUp : decodeDown);
}

/**
 * The body is binary and may hold 7B7B and 7D7D, and no length is given: a 7D7D ends a frame exactly if some 7B7B of
 * the last 4 KiB makes the CRC right. Trying every pair would let a hostile stream of such marks cost thousands of CRC
 * steps a byte, so the pairs are found by key instead (see `CrcKeys`): constant work for each byte, whatever it is.
 */
class MarkedStream<M> extends ByteStream<M> {
  readonly #decode: (frame: Uint8Array) => M;
  readonly #heads = new Heads();
  #keys = new CrcKeys();
  /** The end keys before the last byte and the one before it: the CRC ends where the tail begins. */
  #endKeyBeforeLast = this.#keys.end;
  #endKeyBeforeTail = this.#keys.end;

  constructor(decode: (frame: Uint8Array) => M) {
    super();
    this.#decode = decode;
  }

  override reset(): void {
    this.#restart();
    this.skipTo(this.window.end);
  }

  /**
   * The usual case, a frame whole in its packet. With one head alone the first tail with a right CRC ends it; as soon as a
   * second stands inside, the keys have to tell.
   */
  protected override takeWhole(chunk: Uint8Array, at: number): Whole<M> | null {
    if (chunk[at] !== HEAD_BYTE || chunk[at + 1] !== HEAD_BYTE) return null;
    const limit = Math.min(chunk.length, at + MAX_FRAME_BYTES);
    let register = 0xffff;
    let beforeLast = register;
    let last = HEAD_BYTE;
    for (let one = at + 2; one < limit; one++) {
      const byte = chunk[one] ?? 0;
      if (byte === last) {
        if (byte === HEAD_BYTE) return null;
        if (byte === TAIL_BYTE && beforeLast === 0 && one - at >= MIN_FRAME_BYTES - 1) {
          const frame = copyOf(chunk, at, one + 1);
          const verdict = verdictOf(frame, this.#decode);
          return verdict === 'rejected' ? null : { message: verdict.message, end: one + 1, frame };
        }
      }
      beforeLast = register;
      register = (register >> 8) ^ (CRC16_TABLE[(register ^ byte) & 0xff] ?? 0);
      last = byte;
    }
    return null;
  }

  protected override accept(byte: number): Received<M> | null {
    const { window } = this;
    this.#endKeyBeforeTail = this.#endKeyBeforeLast;
    this.#endKeyBeforeLast = this.#keys.end;
    const repeated = window.at(window.end - 1) === byte;
    window.append(byte);
    this.#keys.take(byte);
    if (byte === TAIL_BYTE && repeated) {
      const head = this.#heads.find(this.#endKeyBeforeTail);
      if (head !== undefined && window.end - head >= MIN_FRAME_BYTES) return this.#complete(head);
    }
    if (byte === HEAD_BYTE && repeated) this.#heads.add(window.end - 2, this.#keys.start);
    this.#keepWhatMayBeginAFrame(byte);
    return null;
  }

  /** The oldest head within reach holds the window open; without one, a last 7B may be half of the next. */
  #keepWhatMayBeginAFrame(lastByte: number): void {
    const { end } = this.window;
    while (this.#heads.oldest !== undefined && end - this.#heads.oldest >= MAX_FRAME_BYTES) {
      this.#heads.dropOldest();
      this.countRejected(1);
    }
    this.skipTo(this.#heads.oldest ?? (lastByte === HEAD_BYTE ? end - 1 : end));
  }

  #complete(head: number): Received<M> | null {
    this.countRejected(this.#heads.countBefore(head));
    this.skipTo(head);
    const verdict = verdictOf(this.window.view(head, this.window.end).slice(), this.#decode);
    this.#restart();
    if (verdict !== 'rejected') return { message: verdict.message, frame: this.cutFrame(head) };
    this.countRejected(1);
    this.skipTo(this.window.end);
    return null;
  }

  #restart(): void {
    this.#heads.clear();
    this.#keys = new CrcKeys();
  }
}
