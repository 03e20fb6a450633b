/** Same seed, same draws: a small xorshift, since a test library's generators take longer than the decoders. */
export type Draw = (below: number) => number;

export function random(seed: number): Draw {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Bytes that mark frames, lengths and absent values somewhere. */
const TELLING = [0x00, 0x16, 0x1f, 0x22, 0x33, 0x68, 0x7b, 0x7d, 0x91, 0xaa, 0xfe, 0xff] as const;

/**
 * One to three changes: a bit, a byte, a length that lies, a piece cut out, a piece doubled, a piece of another frame spliced
 * in, an end cut off.
 */
export function mutate(frame: Uint8Array, other: Uint8Array, draw: Draw): Uint8Array {
  let bytes = frame;
  for (let changes = draw(3) + 1; changes > 0 && bytes.length > 0; changes--) bytes = change(bytes, other, draw);
  return bytes;
}

function change(bytes: Uint8Array, other: Uint8Array, draw: Draw): Uint8Array {
  const at = draw(bytes.length);
  const end = at + draw(bytes.length - at + 1);
  const byte = bytes[at] ?? 0;
  switch (draw(7)) {
    case 0:
      return bytes.with(at, byte ^ (1 << draw(8)));
    case 1:
      return bytes.with(at, TELLING[draw(TELLING.length)] ?? 0);
    case 2:
      return bytes.with(at, byte + draw(5) - 2);
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(end));
    case 4:
      return joined(bytes.subarray(0, end), bytes.subarray(at));
    case 5:
      return joined(bytes.subarray(0, at), other.subarray(draw(other.length + 1)));
    default:
      return bytes.slice(0, at);
  }
}

function joined(front: Uint8Array, back: Uint8Array): Uint8Array {
  const whole = new Uint8Array(front.length + back.length);
  whole.set(front);
  whole.set(back, front.length);
  return whole;
}
