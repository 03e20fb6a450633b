/** Frames are copied into slabs: a memory of its own for each costs several times the decoding. */
const SLAB_BYTES = 8 * 1024;
/** A longer frame has its own memory; so whoever keeps one frame keeps 8 KiB at most. */
const MOST_SHARED_BYTES = 1024;

let slab = new ArrayBuffer(SLAB_BYTES);
let usedBytes = 0;

/** A copy that nobody else writes to, as `slice` gives it, also where the bytes are a Buffer. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const length = to - from;
  if (length > MOST_SHARED_BYTES) return Uint8Array.prototype.slice.call(bytes, from, to);
  if (usedBytes + length > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    usedBytes = 0;
  }
  const copy = new Uint8Array(slab, usedBytes, length);
  usedBytes += length;
  copy.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
  return copy;
}
