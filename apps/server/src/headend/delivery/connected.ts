import { concatBytes, zonedParts } from '@openprepay/kernel';
import type { SwitchSeen } from '@openprepay/protocols/driver';
import {
  confirm,
  fail,
  markAcknowledged,
  markSent,
  noteReadBack,
  type OpenCommand,
  openCommandOf,
  setWriteOutcome,
} from '../../commands/index.ts';
import { converse, firstRequest, outcomeOf, type SilentOutcome } from '../converse.ts';
import type { LinkEnv } from '../link.ts';
import { PRIORITY, type ReachableMeter } from '../reachable.ts';
import { readMeter } from '../read.ts';
import { switchReport } from '../report.ts';
import { Turns } from './turns.ts';

/** When to read back after a write. A relay moves within a fraction of a second; a valve takes ten to sixty. */
const READ_BACK_AFTER_MS = { relay: [300, 1_000, 3_000, 8_000], valve: [3_000, 12_000, 30_000, 60_000] } as const;
export const MAX_WRITES = 4;
/** A meter that says nothing keeps its command. It is left alone for a while, then twice as long each time. */
const SILENT_LEAST_MS = 8_000;
const SILENT_MOST_MS = 600_000;
const OPEN_STATES = ['queued', 'sent', 'acknowledged'] as const;

type Env = Pick<LinkEnv, 'ctx' | 'reports' | 'contacts' | 'sessions'>;

/**
 * Brings connected meters to the state wanted, relays and valves alike. One drive a meter: it takes the meter's open
 * command, writes, reads back, and goes on until the command is finished, the connection gone or the meter silent. What it
 * must remember is in the command's row, so after a restart it goes on where it was: it reads first, and writes again only
 * where needed.
 */
export class ConnectedDelivery {
  readonly #env: Env;
  readonly #readBackAfterMs: readonly number[] | undefined;
  readonly #drives = new Map<string, Drive>();
  readonly #silences = new Map<string, Silence>();
  readonly #turns: Turns;
  #stopped = false;

  constructor(env: Env, readBackAfterMs?: readonly number[]) {
    this.#env = env;
    this.#readBackAfterMs = readBackAfterMs;
    this.#turns = new Turns(env.ctx.clock, (meterId) => this.ensure(meterId));
  }

  /** There is something new for this meter: a command, a connection, or a word of it. A drive under way looks at once. */
  poke(meterId: string): void {
    this.#endSilence(meterId);
    this.#turns.forget(meterId);
    const drive = this.#drives.get(meterId);
    if (drive) drive.poke();
    else this.ensure(meterId);
  }

  /** This meter has an open command: starts a drive unless one is under way or the meter cannot be reached. */
  ensure(meterId: string): void {
    if (this.#drives.has(meterId) || this.#turns.has(meterId) || this.#silences.get(meterId)?.timer) return;
    const meter = this.#env.sessions.meter(meterId);
    if (!meter || this.#stopped) return;
    const started = new Drive(
      this.#env,
      meter,
      this.#readBackAfterMs ?? READ_BACK_AFTER_MS[meter.point.model.switch ?? 'relay'],
    );
    this.#drives.set(meterId, started);
    void started.run().then((end) => {
      this.#drives.delete(meterId);
      if (end === 'again') this.poke(meterId);
      else if (end === 'silent') this.#leaveAlone(meterId);
      else this.#endSilence(meterId);
      if (end === 'done' && started.notBefore && !this.#stopped) this.#turns.wait(meterId, started.notBefore);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#turns.stop();
    for (const meterId of this.#silences.keys()) this.#endSilence(meterId);
    for (const drive of this.#drives.values()) drive.stop();
    await Promise.all([...this.#drives.values()].map((drive) => drive.ended));
  }

  #leaveAlone(meterId: string): void {
    if (this.#stopped) return;
    const lastMs = this.#silences.get(meterId)?.waitMs;
    const leastMs = this.#readBackAfterMs?.at(-1) ?? SILENT_LEAST_MS;
    const waitMs = Math.min(SILENT_MOST_MS, lastMs ? 2 * lastMs : leastMs);
    const timer = setTimeout(() => {
      this.#silences.set(meterId, { waitMs, timer: null });
      this.ensure(meterId);
    }, waitMs);
    this.#silences.set(meterId, { waitMs, timer });
  }

  #endSilence(meterId: string): void {
    clearTimeout(this.#silences.get(meterId)?.timer ?? undefined);
    this.#silences.delete(meterId);
  }
}

interface Silence {
  readonly waitMs: number;
  /** Until it is asked again; null while it is. */
  readonly timer: NodeJS.Timeout | null;
}

type DriveEnd = 'done' | 'silent' | 'again';

class Drive {
  readonly ended: Promise<void>;
  /** When the command has its turn; null where none waits for it. */
  notBefore: Date | null = null;
  readonly #env: Env;
  readonly #meter: ReachableMeter;
  readonly #readBackAfterMs: readonly number[];
  #end: () => void = () => {};
  #poked = false;
  #stopped = false;
  #silent = false;
  #wake: (() => void) | null = null;
  /** Of the command under way: when its next step is due, and the waits still to come since the latest write. */
  #commandId: string | null = null;
  #dueMs = 0;
  #waitsMs: number[] = [];

  constructor(env: Env, meter: ReachableMeter, readBackAfterMs: readonly number[]) {
    this.#env = env;
    this.#meter = meter;
    this.#readBackAfterMs = readBackAfterMs;
    this.ended = new Promise((end) => {
      this.#end = end;
    });
  }

  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** What is known of the meter was changed under way. */
  get #isReplaced(): boolean {
    const now = this.#env.sessions.meter(this.#meter.device.meterId);
    return now !== undefined && now !== this.#meter;
  }

  /** @returns 'again' when somebody called after the last look */
  async run(): Promise<DriveEnd> {
    const onClosed = () => this.#wake?.();
    const { closed } = this.#meter.session;
    closed.addEventListener('abort', onClosed);
    try {
      await this.#drive();
      if (this.#poked || this.#isReplaced) return 'again';
      return this.#silent ? 'silent' : 'done';
    } catch (error) {
      // Nothing is lost: the command is still open, and the next tick or connection takes it up.
      this.#env.ctx.log.warn(
        { err: error, meterId: this.#meter.device.meterId },
        'delivery of a command was broken off',
      );
      return this.#poked && closed.aborted ? 'again' : 'done';
    } finally {
      closed.removeEventListener('abort', onClosed);
      this.#end();
    }
  }

  async #drive(): Promise<void> {
    const { ctx } = this.#env;
    const { marketId, meterId } = this.#meter.device;
    while (!this.#stopped && !this.#isReplaced && !this.#meter.session.closed.aborted) {
      this.#poked = false;
      const command = await openCommandOf(ctx.db, marketId, meterId);
      // The tick ends what has expired, and notes the exception.
      if (!command || command.expiresAt <= ctx.clock.now()) return;
      this.notBefore =
        command.state === 'queued' && command.nextAttemptAt > ctx.clock.now() ? command.nextAttemptAt : null;
      if (this.notBefore) return;
      if (command.commandId !== this.#commandId) {
        this.#commandId = command.commandId;
        this.#dueMs = 0;
        this.#waitsMs = [];
      }
      if (performance.now() >= this.#dueMs && !(await this.#step(command))) return;
      await this.#untilDue();
    }
  }

  /** @returns whether there is more to do */
  async #step(command: OpenCommand): Promise<boolean> {
    const { ctx } = this.#env;
    if (command.state !== 'queued') {
      const seen = await this.#readBack(command);
      if (seen === command.wanted) {
        const confirmed = await confirm(ctx.db, command, ctx.clock.now());
        await unlessSilent(readMeter(this.#env, this.#meter, PRIORITY.command, 'on_demand'));
        return !confirmed;
      }
      if (seen === 'no_answer') return this.#fallSilent();
      if (this.#waitsMs.length > 0) return this.#waitNext();
      if (command.attempts >= MAX_WRITES) return !(await fail(ctx.db, command, ctx.clock.now(), seen));
    }
    const failure = await this.#write(command);
    if (failure === 'no_answer') return this.#fallSilent();
    if (failure) return !(await fail(ctx.db, command, ctx.clock.now(), failure));
    this.#waitsMs = [...this.#readBackAfterMs];
    return this.#waitNext();
  }

  #fallSilent(): false {
    this.#silent = true;
    return false;
  }

  #waitNext(): true {
    this.#dueMs = performance.now() + (this.#waitsMs.shift() ?? 0);
    return true;
  }

  /** @returns why nothing could be written at all; null where something was, or need not be any more */
  async #write(command: OpenCommand): Promise<SilentOutcome | null> {
    const { ctx } = this.#env;
    const { device, driver, point } = this.#meter;
    const { protocol } = driver;
    let attempt = 0;
    const beforeWrite = async (request: Uint8Array) => {
      if (attempt > 0) return true;
      const at = ctx.clock.now();
      const frame = { protocol, bytes: request };
      const sending = { at, frame, from: OPEN_STATES, nextAttemptAt: at, expectedAt: null };
      attempt = (await markSent(ctx.db, command, sending)) ?? 0;
      return attempt > 0;
    };
    const order = driver.writeSwitch(point, command.wanted, zonedParts(ctx.clock.now(), device.timeZone));
    try {
      const taken = await converse(this.#meter, PRIORITY.command, order, beforeWrite);
      if (!taken) return null;
      const at = ctx.clock.now();
      const bytes = taken.replies.at(-1);
      await markAcknowledged(ctx.db, command, { at, reply: bytes ? { protocol, bytes } : null, nextAttemptAt: at });
    } catch (error) {
      const outcome = outcomeOf(error);
      if (attempt === 0) return outcome;
      await ctx.db.tx((tx) => setWriteOutcome(tx, command, attempt, outcome));
    }
    return null;
  }

  /** Where the meter says its switch stands; durable when it resolves. Only what also stays there is success. */
  async #readBack(command: OpenCommand): Promise<SwitchSeen | SilentOutcome> {
    const { ctx, reports } = this.#env;
    const { device, driver, point } = this.#meter;
    const { protocol } = driver;
    let seen: SwitchSeen | SilentOutcome;
    try {
      const said = await converse(this.#meter, PRIORITY.command, driver.readSwitch(point, command.wanted));
      seen = said?.value ?? 'no_answer';
      const frame = concatBytes(...(said?.replies ?? []));
      if (said) await reports.add(switchReport(device, said.value, { receivedAt: ctx.clock.now(), frame, protocol }));
    } catch (error) {
      seen = outcomeOf(error);
    }
    const request = { protocol, bytes: firstRequest(driver.readSwitch(point, command.wanted)) };
    await noteReadBack(ctx.db, command, { at: ctx.clock.now(), request, outcome: `read_${seen}` });
    return seen;
  }

  /** Until the next step is due; news, or the end of the connection, cuts it short. */
  async #untilDue(): Promise<void> {
    const leftMs = this.#dueMs - performance.now();
    if (leftMs <= 0 || this.#poked || this.#stopped || this.#meter.session.closed.aborted) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, leftMs);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
    this.#wake = null;
  }
}

const unlessSilent = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => outcomeOf(error));
