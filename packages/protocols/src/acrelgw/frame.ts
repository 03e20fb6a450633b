import { concatBytes } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { ByteStream, type Received, type StreamDecoder } from '../stream.ts';

/** `1F 1F | type | length, 4 bytes, high first | data`. There is no checksum: TCP and the padding of AES have to do. */
export interface GwFrame {
  readonly type: number;
  readonly data: Uint8Array;
}

export const GW_TYPE = {
  auth: 0x01,
  heartbeat: 0x02,
  data: 0x03,
  zippedData: 0x04,
  downlink: 0xf1,
  answer: 0xf2,
} as const;

/**
 * The length field could announce 4 GiB, and others accept 16 MiB. The largest honest message is a report of 200 meters
 * with 20 functions at 60 characters each, 240 KB: so 256 KiB, and with that 10,000 gateways cannot exhaust a server.
 */
export const MAX_DATA_BYTES = 256 * 1024;
/** What a gateway may send before it has proved who it is: an authentication has a few hundred bytes. */
export const MAX_STRANGER_DATA_BYTES = 4 * 1024;

const MARK = 0x1f;
const HEADER_BYTES = 7;

/** @throws frame.bad_value, frame.too_long */
export function encodeFrame({ type, data }: GwFrame): Uint8Array {
  if (!Number.isInteger(type) || type < 0 || type > 0xff)
    throw protocolError('frame.bad_value', 'a type of one byte', { type });
  if (data.length > MAX_DATA_BYTES) throw protocolError('frame.too_long', `over ${MAX_DATA_BYTES} bytes of data`);
  const header = new Uint8Array(HEADER_BYTES);
  header.set([MARK, MARK, type]);
  new DataView(header.buffer).setUint32(3, data.length);
  return concatBytes(header, data);
}

/** @throws frame.truncated, frame.bad_delimiter, frame.too_long, frame.bad_length */
export function decodeFrame(bytes: Uint8Array): GwFrame {
  if (bytes.length < HEADER_BYTES)
    throw protocolError('frame.truncated', `at least ${HEADER_BYTES} bytes, got ${bytes.length}`);
  if (bytes[0] !== MARK || bytes[1] !== MARK) throw protocolError('frame.bad_delimiter', 'does not begin with 1F1F');
  const dataBytes = announcedBytes(bytes);
  if (dataBytes > MAX_DATA_BYTES)
    throw protocolError('frame.too_long', `over ${MAX_DATA_BYTES} bytes of data`, { dataBytes });
  const length = HEADER_BYTES + dataBytes;
  if (bytes.length < length) throw protocolError('frame.truncated', `${length} bytes announced, got ${bytes.length}`);
  if (bytes.length > length) throw protocolError('frame.bad_length', `${length} bytes announced, got ${bytes.length}`);
  return { type: bytes[2] ?? 0, data: bytes.slice(HEADER_BYTES) };
}

/**
 * Frames of a gateway's connection, of both directions alike.
 * @param mostDataBytes asked for each header, so that a link can trust a gateway with more once it is authenticated
 */
export const createAcrelGwStream = (
  mostDataBytes: () => number = () => MAX_DATA_BYTES,
): StreamDecoder<Received<GwFrame>> => new GwStream(mostDataBytes);

/**
 * Without a checksum a header is believed, and exactly what it announces belongs to it: frames are never looked for inside
 * of frames. Where a header is impossible, the search goes on at the next byte.
 */
class GwStream extends ByteStream<GwFrame> {
  readonly #mostDataBytes: () => number;
  /** The stream position at which the frame that begins the window is complete; null until its header is. */
  #due: number | null = null;

  constructor(mostDataBytes: () => number) {
    super();
    this.#mostDataBytes = mostDataBytes;
  }

  override reset(): void {
    this.#due = null;
    this.skipTo(this.window.end);
  }

  protected override accept(byte: number): Received<GwFrame> | null {
    this.window.append(byte);
    this.#due ??= this.#findHeader();
    if (this.#due !== this.window.end) return null;
    this.#due = null;
    const frame = this.cutFrame(this.window.start);
    return { message: { type: frame[2] ?? 0, data: frame.slice(HEADER_BYTES) }, frame };
  }

  /** Gives up bytes until those left may begin a header; says where the frame ends once the header is whole. */
  #findHeader(): number | null {
    const { window } = this;
    for (;;) {
      const held = window.view(window.start, window.end);
      const began = held.subarray(0, 2).every((byte) => byte === MARK);
      if (began && held.length < HEADER_BYTES) return null;
      const dataBytes = began ? announcedBytes(held) : 0;
      if (began && dataBytes <= Math.min(this.#mostDataBytes(), MAX_DATA_BYTES))
        return window.start + HEADER_BYTES + dataBytes;
      if (began) this.countRejected(1);
      this.skipTo(window.start + 1);
    }
  }
}

const announcedBytes = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(3);
