import { concatBytes } from '@openprepay/kernel';
import {
  confirm,
  fail,
  markAcknowledged,
  markSent,
  noteReadBack,
  type OpenSetting,
  openSettings,
  setWriteOutcome,
} from '../../commands/index.ts';
import { converse, firstRequest, outcomeOf, type SilentOutcome } from '../converse.ts';
import type { LinkEnv } from '../link.ts';
import { PRIORITY, type ReachableMeter } from '../reachable.ts';
import { type SettingPlan, settingPlan } from './setting-plan.ts';

/** A meter needs a moment to keep what it was told. */
const READ_BACK_AFTER_MS: readonly number[] = [200, 2_000];
export const MAX_SETTING_WRITES = 4;
/** A meter that says nothing is left alone for a while, twice as long each time. */
const SILENT_LEAST_MS = 30_000;
const SILENT_MOST_MS = 600_000;
const OPEN_STATES = ['queued', 'sent', 'acknowledged'] as const;
const MAX_OPEN_A_METER = 10;

type Env = Pick<LinkEnv, 'ctx' | 'contacts'> & { readonly sessions: Pick<LinkEnv['sessions'], 'meter'> };

/** How a step of delivery ended: the command is finished, it goes on, or the meter is silent. */
type Step = 'finished' | 'again' | 'silent';

interface Silence {
  readonly untilMs: number;
  readonly waitMs: number;
}

/**
 * Tells connected meters their settings, one after the other: durable, written, read back, until the meter's own answer
 * agrees or it was written four times. What it must remember is in the command's row, so after a restart it reads first,
 * and writes again only where needed.
 */
export class SettingDelivery {
  readonly #env: Env;
  readonly #readBackAfterMs: readonly number[];
  readonly #running = new Map<string, Promise<void>>();
  readonly #poked = new Set<string>();
  readonly #silences = new Map<string, Silence>();
  readonly #stopping = new AbortController();

  constructor(env: Env, readBackAfterMs: readonly number[] = READ_BACK_AFTER_MS) {
    this.#env = env;
    this.#readBackAfterMs = readBackAfterMs;
  }

  /** There is a new order for this meter. */
  poke(meterId: string): void {
    this.#silences.delete(meterId);
    if (this.#running.has(meterId)) this.#poked.add(meterId);
    else this.ensure(meterId);
  }

  /** It has called in, or answered again: what is open for it goes on at the next tick. */
  welcome(meterId: string): void {
    this.#silences.delete(meterId);
  }

  /** Works on the meter's open settings unless that is under way, or it cannot be reached. */
  ensure(meterId: string): void {
    const meter = this.#env.sessions.meter(meterId);
    const isQuiet = performance.now() < (this.#silences.get(meterId)?.untilMs ?? 0);
    if (!meter || this.#running.has(meterId) || isQuiet || this.#stopping.signal.aborted) return;
    const run = this.#deliverAll(meter).then((end) => {
      this.#running.delete(meterId);
      if (end === 'silent') this.#leaveAlone(meterId);
      else this.#silences.delete(meterId);
      if (this.#poked.delete(meterId)) this.ensure(meterId);
    });
    this.#running.set(meterId, run);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }

  #leaveAlone(meterId: string): void {
    const waitMs = Math.min(SILENT_MOST_MS, 2 * (this.#silences.get(meterId)?.waitMs ?? SILENT_LEAST_MS / 2));
    this.#silences.set(meterId, { untilMs: performance.now() + waitMs, waitMs });
  }

  async #deliverAll(meter: ReachableMeter): Promise<Step> {
    const { ctx } = this.#env;
    const { marketId, meterId } = meter.device;
    try {
      for (;;) {
        const [command] = await openSettings(ctx.db, marketId, [meterId], MAX_OPEN_A_METER);
        // The tick ends what has expired, and notes the exception.
        if (!command || command.expiresAt <= ctx.clock.now() || this.#isOver(meter)) return 'finished';
        if ((await this.#step(meter, command)) === 'silent') return 'silent';
      }
    } catch (error) {
      // Nothing is lost: the command is still open, and the next tick or connection takes it up.
      ctx.log.warn({ err: error, meterId }, 'delivery of a setting was broken off');
      return 'silent';
    }
  }

  #isOver(meter: ReachableMeter): boolean {
    return this.#stopping.signal.aborted || meter.session.closed.aborted;
  }

  async #step(meter: ReachableMeter, command: OpenSetting): Promise<Step> {
    const { ctx } = this.#env;
    const plan = settingPlan(meter, command, ctx.clock);
    if (!plan) {
      await fail(ctx.db, command, ctx.clock.now(), 'not_supported');
      return 'finished';
    }
    if (command.state === 'queued') return this.#write(meter, command, plan);
    let seen: boolean | SilentOutcome = 'no_answer';
    for (const afterMs of this.#readBackAfterMs) {
      await this.#pause(meter, afterMs);
      if (this.#isOver(meter)) return 'finished';
      seen = await this.#readBack(meter, command, plan);
      if (seen === true || seen === 'no_answer') break;
    }
    if (seen === 'no_answer') return 'silent';
    if (seen === true) {
      await confirm(ctx.db, command, ctx.clock.now());
      plan.onConfirmed?.(this.#env.contacts);
      return 'finished';
    }
    if (command.attempts < MAX_SETTING_WRITES) return this.#write(meter, command, plan);
    await fail(ctx.db, command, ctx.clock.now(), `read_${seen === false ? 'differs' : seen}`);
    return 'finished';
  }

  async #write(meter: ReachableMeter, command: OpenSetting, plan: SettingPlan): Promise<Step> {
    const { ctx } = this.#env;
    const { protocol } = meter.driver;
    let attempt = 0;
    const beforeWrite = async (bytes: Uint8Array) => {
      if (attempt > 0) return true;
      const at = ctx.clock.now();
      const sending = { at, frame: { protocol, bytes }, from: OPEN_STATES, nextAttemptAt: at, expectedAt: null };
      attempt = (await markSent(ctx.db, command, sending)) ?? 0;
      return attempt > 0;
    };
    try {
      const taken = await converse(meter, PRIORITY.command, plan.write(), beforeWrite);
      if (!taken) return 'again';
      const at = ctx.clock.now();
      const bytes = taken.replies.at(-1);
      await markAcknowledged(ctx.db, command, { at, reply: bytes ? { protocol, bytes } : null, nextAttemptAt: at });
      return 'again';
    } catch (error) {
      const outcome = outcomeOf(error);
      if (attempt > 0) await ctx.db.tx((tx) => setWriteOutcome(tx, command, attempt, outcome));
      // What the driver refuses to send at all, it would refuse again.
      else if (outcome !== 'no_answer') await fail(ctx.db, command, ctx.clock.now(), outcome);
      return outcome === 'no_answer' ? 'silent' : 'again';
    }
  }

  /** @returns whether the meter's own answer agrees, or why there is none */
  async #readBack(meter: ReachableMeter, command: OpenSetting, plan: SettingPlan): Promise<boolean | SilentOutcome> {
    const { ctx } = this.#env;
    const { protocol } = meter.driver;
    const request = { protocol, bytes: firstRequest(plan.check()) };
    try {
      const said = await converse(meter, PRIORITY.command, plan.check());
      const agrees = said?.value ?? false;
      const reply = { protocol, bytes: concatBytes(...(said?.replies ?? [])) };
      const outcome = agrees ? 'read_agrees' : 'read_differs';
      await noteReadBack(ctx.db, command, { at: ctx.clock.now(), request, reply, outcome });
      return agrees;
    } catch (error) {
      const outcome = outcomeOf(error);
      await noteReadBack(ctx.db, command, { at: ctx.clock.now(), request, outcome: `read_${outcome}` });
      return outcome;
    }
  }

  /** News of the connection's end, or of ours, cut it short. */
  async #pause(meter: ReachableMeter, ms: number): Promise<void> {
    const either = AbortSignal.any([this.#stopping.signal, meter.session.closed]);
    if (either.aborted) return;
    await new Promise<void>((done) => {
      const end = () => {
        clearTimeout(timer);
        either.removeEventListener('abort', end);
        done();
      };
      const timer = setTimeout(end, ms);
      either.addEventListener('abort', end);
    });
  }
}
