import type { Socket } from 'node:net';
import { drawInt } from './random.ts';
import type { Timers } from './timers.ts';
import type { World } from './world.ts';

const GARBAGE_MOST_BYTES = 64;
const SPLIT_MOST_PIECES = 5;
const SPLIT_GAP_MS = { least: 5, most: 40 };

/** Writes frames to a socket in order, and spoils their passage when a fault says so: noise before, pieces with gaps. */
export class FrameWriter {
  readonly #socket: Socket;
  readonly #serial: string;
  readonly #world: World;
  readonly #timers: Timers;
  readonly #pieces: Uint8Array[] = [];
  #waiting = false;
  #written = 0;

  constructor(socket: Socket, serial: string, world: World, timers: Timers) {
    this.#socket = socket;
    this.#serial = serial;
    this.#world = world;
    this.#timers = timers;
  }

  write(frame: Uint8Array): void {
    this.#written += 1;
    this.#world.counters.framesSent += 1;
    if (this.#world.faults.strikes('garbage', this.#serial)) this.#pieces.push(this.#noise());
    if (this.#world.faults.strikes('split', this.#serial)) this.#pieces.push(...this.#split(frame));
    else this.#pieces.push(frame);
    if (!this.#waiting) this.#writeNext();
  }

  #writeNext(): void {
    this.#waiting = false;
    const piece = this.#pieces.shift();
    if (piece === undefined || this.#socket.destroyed) return;
    this.#socket.write(piece);
    if (this.#pieces.length === 0) return;
    this.#waiting = true;
    const { least, most } = SPLIT_GAP_MS;
    this.#timers.after(this.#draw(least, most, 'gap'), () => this.#writeNext());
  }

  #noise(): Uint8Array {
    const length = this.#draw(1, GARBAGE_MOST_BYTES, 'noise');
    return Uint8Array.from({ length }, (_, i) => this.#draw(0, 255, `noise ${i}`));
  }

  #split(frame: Uint8Array): Uint8Array[] {
    const length = Math.max(1, Math.ceil(frame.length / this.#draw(2, SPLIT_MOST_PIECES, 'pieces')));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < frame.length; at += length) pieces.push(frame.subarray(at, at + length));
    return pieces;
  }

  #draw(least: number, most: number, what: string): number {
    return drawInt(least, most, this.#world.seed, this.#serial, what, this.#written, this.#pieces.length);
  }
}
