import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** The journal is rewritten with the last value of each key when it has grown to this. */
const COMPACT_AT_BYTES = 64 * 1024 * 1024;

/**
 * The non-volatile memory of the meters: a value per key, kept in a file of JSON lines `[key, value]`, last one wins.
 * `put` returns only after the operating system has the line, so a value that was put before it left a meter survives
 * kill −9. A last line cut short was never shown to anybody and is dropped.
 */
export class Journal {
  readonly #path: string | null;
  readonly #values = new Map<string, unknown>();
  #file = -1;
  #bytes = 0;
  /** Lines that could not be read at opening. */
  readonly droppedLines: number;

  /** `path` null keeps everything in this process only. */
  constructor(path: string | null) {
    this.#path = path;
    this.droppedLines = path !== null && existsSync(path) ? this.#load(readFileSync(path, 'utf8')) : 0;
    this.#compact();
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  put(key: string, value: unknown): void {
    this.#values.set(key, value);
    if (this.#file < 0) return;
    const line = Buffer.from(`${JSON.stringify([key, value])}\n`);
    for (let written = 0; written < line.length; ) written += writeSync(this.#file, line, written);
    this.#bytes += line.length;
    if (this.#bytes > COMPACT_AT_BYTES) this.#compact();
  }

  close(): void {
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
  }

  #load(text: string): number {
    let dropped = 0;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      try {
        const [key, value] = JSON.parse(line) as [string, unknown];
        this.#values.set(key, value);
      } catch {
        dropped += 1;
      }
    }
    return dropped;
  }

  /** A new file takes the old one's place in one step: at every instant one whole journal is there. */
  #compact(): void {
    if (this.#path === null) return;
    this.close();
    mkdirSync(dirname(this.#path), { recursive: true });
    const lines = Array.from(this.#values, (entry) => `${JSON.stringify(entry)}\n`);
    writeFileSync(`${this.#path}.new`, lines.join(''));
    renameSync(`${this.#path}.new`, this.#path);
    this.#file = openSync(this.#path, 'a');
    this.#bytes = 0;
  }
}
