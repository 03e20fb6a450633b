import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** The remaining length of a packet has at most four bytes of seven bits each (MQTT 3.1.1, clause 2.2.3). */
const MAX_LENGTH_BYTES = 4;

/**
 * Follows the lengths of the packets in a stream of MQTT.
 * @returns a function that takes the next chunk and says whether every packet in it is short enough
 */
export function packetMeter(maxPacketBytes: number): (chunk: Uint8Array) => boolean {
  let bodyBytes = 0;
  let lengthBytes = -1;
  let length = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; at++) {
      if (bodyBytes > 0) {
        const skipped = Math.min(bodyBytes, chunk.length - at);
        bodyBytes -= skipped;
        at += skipped - 1;
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (lengthBytes < 0) {
        lengthBytes = 0;
        length = 0;
        continue;
      }
      length += (byte & 0x7f) * 128 ** lengthBytes;
      lengthBytes += 1;
      if (length > maxPacketBytes) return false;
      if (byte < 0x80) {
        bodyBytes = length;
        lengthBytes = -1;
      } else if (lengthBytes === MAX_LENGTH_BYTES) {
        return false;
      }
    }
    return true;
  };
}

/** A socket as the broker sees it: a packet over the limit ends it at its header, before a byte of it is kept. */
export class PacketGate extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket, maxPacketBytes: number, onTooLong: () => void) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    const isShort = packetMeter(maxPacketBytes);
    socket.on('data', (chunk: Uint8Array) => {
      if (!isShort(chunk)) {
        onTooLong();
        this.destroy();
      } else if (!this.push(chunk)) {
        socket.pause();
      }
    });
    socket.on('end', () => this.push(null));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
