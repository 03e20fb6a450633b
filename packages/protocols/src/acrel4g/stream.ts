import { ByteWindow } from '../byte-window.ts';
import { type Received, type StreamDecoder, verdictOf } from '../stream.ts';
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
  return createMarkedStream<Acrel4gUp | Acrel4gDown>(direction === 'up' ? decodeUp : decodeDown);
}

/**
 * The body is binary and may hold 7B7B and 7D7D, and no length is given: a 7D7D ends a frame exactly if some 7B7B of
 * the last 4 KiB makes the CRC right. Trying every pair would let a hostile stream of such marks cost thousands of CRC
 * steps a byte, so the pairs are found by key instead (see `CrcKeys`): constant work for each byte, whatever it is.
 */
function createMarkedStream<M>(decode: (frame: Uint8Array) => M): StreamDecoder<Received<M>> {
  const window = new ByteWindow();
  const heads = new Heads();
  let keys = new CrcKeys();
  /** The end keys before the last byte and the one before it: the CRC ends where the tail begins. */
  let endKeyBeforeLast = keys.end;
  let endKeyBeforeTail = keys.end;
  let skippedBytes = 0;
  let rejectedFrames = 0;

  function giveUpBefore(position: number): void {
    if (position > window.start) skippedBytes += window.forget(position);
  }

  function restart(): void {
    heads.clear();
    keys = new CrcKeys();
  }

  function accept(byte: number): Received<M> | null {
    endKeyBeforeTail = endKeyBeforeLast;
    endKeyBeforeLast = keys.end;
    const repeated = window.at(window.end - 1) === byte;
    window.append(byte);
    keys.take(byte);
    if (byte === TAIL_BYTE && repeated) {
      const head = heads.find(endKeyBeforeTail);
      if (head !== undefined && window.end - head >= MIN_FRAME_BYTES) return complete(head);
    }
    if (byte === HEAD_BYTE && repeated) heads.add(window.end - 2, keys.start);
    keepWhatMayBeginAFrame(byte);
    return null;
  }

  /** The oldest head within reach holds the window open; without one, a last 7B may be half of the next. */
  function keepWhatMayBeginAFrame(lastByte: number): void {
    while (heads.oldest !== undefined && window.end - heads.oldest >= MAX_FRAME_BYTES) {
      heads.dropOldest();
      rejectedFrames++;
    }
    giveUpBefore(heads.oldest ?? (lastByte === HEAD_BYTE ? window.end - 1 : window.end));
  }

  function complete(head: number): Received<M> | null {
    rejectedFrames += heads.countBefore(head);
    giveUpBefore(head);
    const frame = window.view(head, window.end).slice();
    restart();
    const verdict = verdictOf(frame, decode);
    if (verdict === 'rejected') {
      rejectedFrames++;
      giveUpBefore(window.end);
      return null;
    }
    window.forget(window.end);
    return { message: verdict.message, frame };
  }

  return {
    push(chunk) {
      const received: Received<M>[] = [];
      for (const byte of chunk) {
        const one = accept(byte);
        if (one) received.push(one);
      }
      return received;
    },
    get bufferedBytes() {
      return window.end - window.start;
    },
    get skippedBytes() {
      return skippedBytes;
    },
    get rejectedFrames() {
      return rejectedFrames;
    },
    reset() {
      restart();
      giveUpBefore(window.end);
    },
  };
}
