const COMPACT_AT = 4096;

/** Where frames may have begun: found by CRC key, given up oldest first. Every operation costs amortised O(1). */
export class Heads {
  /** The last position with each key: of two that fit the same end, the shorter frame is meant. */
  readonly #byKey = new Map<number, number>();
  /** Positions and keys in stream order; those before #first are given up. */
  #positions: number[] = [];
  #keys: number[] = [];
  #first = 0;

  add(position: number, key: number): void {
    this.#byKey.set(key, position);
    this.#positions.push(position);
    this.#keys.push(key);
  }

  find(key: number): number | undefined {
    return this.#byKey.get(key);
  }

  get oldest(): number | undefined {
    return this.#positions[this.#first];
  }

  countBefore(position: number): number {
    let index = this.#first;
    while ((this.#positions[index] ?? position) < position) index++;
    return index - this.#first;
  }

  dropOldest(): void {
    const position = this.#positions[this.#first];
    const key = this.#keys[this.#first];
    if (key !== undefined && this.#byKey.get(key) === position) this.#byKey.delete(key);
    if (++this.#first < COMPACT_AT) return;
    this.#positions = this.#positions.slice(this.#first);
    this.#keys = this.#keys.slice(this.#first);
    this.#first = 0;
  }

  clear(): void {
    this.#byKey.clear();
    this.#positions = [];
    this.#keys = [];
    this.#first = 0;
  }
}
