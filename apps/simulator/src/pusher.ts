import type { TimerGroup } from './timers.ts';
import type { Counters, WirePace } from './world.ts';

const QUEUE_LIMIT = 10_000;
const CONCURRENT_PUSHES = 16;
const PUSH_TIMEOUT_MS = 15_000;
/** A push the server answers with 4xx is given up after so many tries; an absent server is waited for without end. */
const REFUSALS_LIMIT = 20;

interface Lane {
  readonly bodies: string[];
  failures: number;
  refusals: number;
  waiting: boolean;
}

export interface PusherOptions {
  readonly url: string;
  readonly timers: TimerGroup;
  readonly pace: Pick<WirePace, 'pushRetryLeastMs' | 'pushRetryMostMs'>;
  readonly counters: Counters;
}

/** Posts JSON to the server, each device's in their order, again and again until the server answers 200. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #ready: string[] = [];
  readonly #stopped = new AbortController();
  #queued = 0;
  #running = 0;
  #paused = false;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  get queued(): number {
    return this.#queued;
  }

  /** When the queue is full the device's own oldest push makes room; a device with none queued loses the new one. */
  enqueue(deviceId: string, body: object): void {
    const lane = this.#lanes.get(deviceId) ?? { bodies: [], failures: 0, refusals: 0, waiting: false };
    this.#lanes.set(deviceId, lane);
    if (this.#queued >= QUEUE_LIMIT) {
      this.#options.counters.pushesDropped += 1;
      // The first one of a lane may be on its way at this moment.
      if (lane.bodies.length < 2) return;
      lane.bodies.splice(1, 1);
      this.#queued -= 1;
    }
    lane.bodies.push(JSON.stringify(body));
    this.#queued += 1;
    if (!lane.waiting) this.#makeReady(deviceId, lane);
  }

  /** While paused nothing goes out; what comes meanwhile waits. */
  pause(paused: boolean): void {
    this.#paused = paused;
    this.#pump();
  }

  stop(): void {
    this.#stopped.abort();
  }

  #makeReady(deviceId: string, lane: Lane): void {
    lane.waiting = true;
    this.#ready.push(deviceId);
    this.#pump();
  }

  #pump(): void {
    while (this.#running < CONCURRENT_PUSHES && !this.#stopped.signal.aborted && !this.#paused) {
      const deviceId = this.#ready.shift();
      const lane = deviceId === undefined ? undefined : this.#lanes.get(deviceId);
      if (deviceId === undefined || lane === undefined) return;
      this.#running += 1;
      void this.#pushFirst(deviceId, lane).finally(() => {
        this.#running -= 1;
        this.#pump();
      });
    }
  }

  async #pushFirst(deviceId: string, lane: Lane): Promise<void> {
    const status = await this.#post(lane.bodies[0] ?? '');
    if (this.#stopped.signal.aborted) return;
    const { counters, pace, timers } = this.#options;
    if (status === 200) {
      counters.pushes += 1;
    } else {
      counters.pushesFailed += 1;
      lane.failures += 1;
      if (status >= 400 && status < 500) lane.refusals += 1;
      if (lane.refusals < REFUSALS_LIMIT) {
        const waitMs = Math.min(pace.pushRetryLeastMs * 2 ** (lane.failures - 1), pace.pushRetryMostMs);
        timers.after(waitMs, () => this.#makeReady(deviceId, lane));
        return;
      }
      counters.pushesDropped += 1;
    }
    lane.bodies.shift();
    this.#queued -= 1;
    lane.failures = 0;
    lane.refusals = 0;
    lane.waiting = lane.bodies.length > 0;
    if (lane.waiting) this.#ready.push(deviceId);
  }

  /** The HTTP status, or 0 when no answer came. */
  async #post(body: string): Promise<number> {
    try {
      const response = await fetch(this.#options.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(PUSH_TIMEOUT_MS)]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }
}
