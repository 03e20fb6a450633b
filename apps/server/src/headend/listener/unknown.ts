import { toHex } from '@openprepay/kernel';
import type { Sniffed } from '@openprepay/protocols/sniff';
import { noteUnclaimed } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';

const MAX_SHOWN_BYTES = 20;
/** The list has room for 10,000 devices; a stranger who pours out first packets must not fill it. */
const MAX_A_MINUTE = 30;
const MINUTE_MS = 60_000;

/** Lists connections that speak nothing known: a technician who connects a device sees that it came, and how it began. */
export class UnknownDevices {
  readonly #ctx: Context;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #listed = 0;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  note(remote: string, looksLike: Sniffed['kind'], begun: Uint8Array): void {
    const nowMs = performance.now();
    if (nowMs - this.#sinceMs > MINUTE_MS) {
      this.#sinceMs = nowMs;
      this.#listed = 0;
    }
    this.#listed += 1;
    if (this.#listed > MAX_A_MINUTE) return;
    const { ctx, text } = { ctx: this.#ctx, text: readable(begun.subarray(0, MAX_SHOWN_BYTES)) };
    const linkKey = looksLike === 'bare_meter' ? `meter ${text}` : text;
    noteUnclaimed(ctx.db, ctx.clock.now(), 'unknown', linkKey, remote).catch((error: unknown) =>
      ctx.log.warn({ err: error, remote }, 'an unknown device could not be listed'),
    );
  }
}

/** As text where it is text, since many modems register with some. */
function readable(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  return /^[\x21-\x7e][\x20-\x7e]*$/.test(text) ? `"${text}"` : toHex(bytes);
}
