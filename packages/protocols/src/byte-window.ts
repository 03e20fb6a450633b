const INITIAL_BYTES = 256;

/**
 * The bytes of a stream that may still belong to a frame, addressed by their position since the stream began.
 * Appending costs amortised O(1); memory is at most four times what the owner keeps, so the owner sets the bound
 * by forgetting.
 */
export class ByteWindow {
  #bytes = new Uint8Array(INITIAL_BYTES);
  /** Stream position of #bytes[0]. */
  #origin = 0;
  #start = 0;
  #end = 0;

  /** Position of the first byte kept. */
  get start(): number {
    return this.#start;
  }

  /** Position after the last byte appended. */
  get end(): number {
    return this.#end;
  }

  append(byte: number): void {
    if (this.#end - this.#origin === this.#bytes.length) this.#makeRoom();
    this.#bytes[this.#end++ - this.#origin] = byte;
  }

  at(position: number): number {
    return position < this.#start ? -1 : (this.#bytes[position - this.#origin] ?? -1);
  }

  /** A view, valid until the next append. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from - this.#origin, to - this.#origin);
  }

  /** Gives up everything before `position` and says how many bytes that was. */
  forget(position: number): number {
    const forgotten = position - this.#start;
    this.#start = position;
    return forgotten;
  }

  #makeRoom(): void {
    const kept = this.#bytes.subarray(this.#start - this.#origin);
    const roomy = kept.length * 2 > this.#bytes.length ? new Uint8Array(this.#bytes.length * 2) : this.#bytes;
    if (roomy === this.#bytes) roomy.copyWithin(0, this.#start - this.#origin);
    else roomy.set(kept);
    this.#bytes = roomy;
    this.#origin = this.#start;
  }
}
