import type { Clock } from '@openprepay/kernel';
import type { Ask, MeterReading } from '@openprepay/protocols/driver';
import { headendError } from '../errors.ts';
import type { Line, Priority, ReachableMeter } from '../reachable.ts';
import type { Stats } from '../stats.ts';

export interface OrderLineOptions {
  readonly clock: Clock;
  readonly stats: Stats;
  readonly replyWithinMs: number;
  /** @returns false when the connection takes nothing any more */
  send(order: Uint8Array): boolean;
}

interface Waiting {
  readonly fits: NonNullable<Ask['fits']>;
  readonly resolve: (frame: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

interface Report {
  readonly reading: MeterReading;
  readonly frame: Uint8Array;
}

/** An upload may be this much older than an order, by the device's clock, and still come after it. */
const CLOCKS_DIFFER_MS = 60_000;

/**
 * A way to meters that take orders and cannot be asked. An order's answer has the order's own number, so several may be
 * under way; a question is answered with the first upload after the last order, and by nothing until that has come.
 */
export class OrderLine implements Line {
  readonly #options: OrderLineOptions;
  readonly #waiting = new Set<Waiting>();
  readonly #orderedAt = new Map<string, Date>();
  /** The latest upload of each meter since its last order. */
  readonly #reports = new Map<string, Report>();
  #closed = false;

  constructor(options: OrderLineOptions) {
    this.#options = options;
  }

  async ask(
    _priority: Priority,
    prepare: () => Ask | null | Promise<Ask | null>,
    meter: ReachableMeter,
  ): Promise<Uint8Array | null> {
    const ask = this.#closed ? null : await prepare();
    if (this.#closed) throw closedError();
    if (!ask) return null;
    const { meterId } = meter.device;
    if (ask.write) return this.#order(ask, meterId);
    const report = this.#reports.get(meterId);
    if (!report) throw headendError('headend.request_timed_out', 'it has not reported since');
    return report.frame;
  }

  /** The device has answered an order. */
  receive(frame: Uint8Array): void {
    for (const waiting of this.#waiting) {
      if (!waiting.fits(frame)) continue;
      this.#end(waiting);
      waiting.resolve(frame);
      return;
    }
    this.#options.stats.count('replies_stray');
  }

  /**
   * A meter has reported by itself.
   * @param at when, by the device's clock
   * @returns whether that is what a question waits for
   */
  report(meterId: string, report: Report, at: Date | null): boolean {
    const orderedAt = this.#orderedAt.get(meterId);
    if (at && orderedAt && orderedAt.getTime() - at.getTime() > CLOCKS_DIFFER_MS) return false;
    const isAwaited = !this.#reports.has(meterId);
    this.#reports.set(meterId, report);
    return isAwaited;
  }

  /** What the meter has shown since its last order. */
  seen(meterId: string): MeterReading | null {
    return this.#reports.get(meterId)?.reading ?? null;
  }

  close(): void {
    this.#closed = true;
    for (const waiting of [...this.#waiting]) {
      this.#end(waiting);
      waiting.reject(closedError());
    }
  }

  #order({ request, fits }: Ask, meterId: string): Promise<Uint8Array> {
    const { clock, replyWithinMs, send, stats } = this.#options;
    this.#orderedAt.set(meterId, clock.now());
    this.#reports.delete(meterId);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(waiting);
        stats.count('requests_timed_out');
        reject(headendError('headend.request_timed_out', `no reply within ${replyWithinMs} ms`));
      }, replyWithinMs);
      const waiting: Waiting = { fits: fits ?? (() => false), resolve, reject, timer };
      this.#waiting.add(waiting);
      stats.count('requests_sent');
      // Not sent is not answered either.
      send(request);
    });
  }

  #end(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
  }
}

const closedError = () => headendError('headend.connection_closed', 'the connection to the device is closed');
