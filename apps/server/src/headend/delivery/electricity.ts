import { OpenPrepayError } from '@openprepay/kernel';
import { switchWrite } from '@openprepay/protocols/acrel1352';
import {
  confirm,
  fail,
  markAcknowledged,
  markSent,
  noteReadBack,
  type OpenCommand,
  openCommandOf,
} from '../../commands/index.ts';
import type { Acrel4gLink } from '../acrel4g/link.ts';
import { readLive, readSwitch, switchRead } from '../acrel4g/read.ts';
import { PRIORITY, transparentFrame } from '../acrel4g/requests.ts';
import type { ReachableMeter } from '../acrel4g/sessions.ts';

/** When to read back after a write. The relay moves within a fraction of a second; a busy one takes longer. */
const READ_BACK_AFTER_MS: readonly number[] = [300, 1_000, 3_000, 8_000];
export const MAX_WRITES = 4;
const OPEN_STATES = ['queued', 'sent', 'acknowledged'] as const;

/** What the meter answered when asked where its relay stands. */
type Seen = 'on' | 'off' | 'fault' | 'not_forced' | 'no_answer';

type Link = Pick<Acrel4gLink, 'ctx' | 'reports' | 'sessions'>;

/**
 * Brings connected electricity meters to the state wanted. One drive a meter: it takes the meter's open command, writes,
 * reads back, and goes on until the command is finished or the connection gone. What it must remember is in the
 * command's row, so after a restart it goes on where it was: it reads first, and writes again only where needed.
 */
export class ElectricityDelivery {
  readonly #link: Link;
  readonly #readBackAfterMs: readonly number[];
  readonly #drives = new Map<string, Drive>();
  #stopped = false;

  constructor(link: Link, readBackAfterMs: readonly number[] = READ_BACK_AFTER_MS) {
    this.#link = link;
    this.#readBackAfterMs = readBackAfterMs;
  }

  /** There is something new for this meter: a command, or a connection. A drive under way looks at once. */
  poke(meterId: string): void {
    const drive = this.#drives.get(meterId);
    if (drive) drive.poke();
    else this.ensure(meterId);
  }

  /** This meter has an open command: starts a drive unless one is under way or the meter cannot be reached. */
  ensure(meterId: string): void {
    if (this.#drives.has(meterId)) return;
    const meter = this.#link.sessions.meter(meterId);
    if (meter?.device.kind !== 'electricity' || this.#stopped) return;
    const started = new Drive(this.#link, meter, this.#readBackAfterMs);
    this.#drives.set(meterId, started);
    void started.run().then((again) => {
      this.#drives.delete(meterId);
      if (again) this.poke(meterId);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const drive of this.#drives.values()) drive.stop();
    await Promise.all([...this.#drives.values()].map((drive) => drive.ended));
  }
}

class Drive {
  readonly ended: Promise<void>;
  readonly #link: Link;
  readonly #meter: ReachableMeter;
  readonly #readBackAfterMs: readonly number[];
  #end: () => void = () => {};
  #poked = false;
  #stopped = false;
  #wake: (() => void) | null = null;
  /** Of the command under way: when its next step is due, and the waits still to come since the latest write. */
  #commandId: string | null = null;
  #dueMs = 0;
  #waitsMs: number[] = [];

  constructor(link: Link, meter: ReachableMeter, readBackAfterMs: readonly number[]) {
    this.#link = link;
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

  /** @returns whether somebody called after the last look */
  async run(): Promise<boolean> {
    const onClosed = () => this.#wake?.();
    const { closed } = this.#meter.session;
    closed.addEventListener('abort', onClosed);
    try {
      await this.#drive();
      return this.#poked;
    } catch (error) {
      // Nothing is lost: the command is still open, and the next tick or connection takes it up.
      this.#link.ctx.log.warn(
        { err: error, meterId: this.#meter.device.meterId },
        'delivery of a command was broken off',
      );
      return this.#poked && closed.aborted;
    } finally {
      closed.removeEventListener('abort', onClosed);
      this.#end();
    }
  }

  async #drive(): Promise<void> {
    const { ctx } = this.#link;
    const { marketId, meterId } = this.#meter.device;
    while (!this.#stopped && !this.#meter.session.closed.aborted) {
      this.#poked = false;
      const command = await openCommandOf(ctx.db, marketId, meterId);
      // The tick ends what has expired, and notes the exception.
      if (!command || command.expiresAt <= ctx.clock.now()) return;
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
    const { ctx } = this.#link;
    if (command.state !== 'queued') {
      const seen = await this.#readBack(command);
      if (seen === command.wanted) return !(await confirm(ctx.db, command, ctx.clock.now()));
      if (this.#waitsMs.length > 0) return this.#waitNext();
      if (command.attempts >= MAX_WRITES) return !(await fail(ctx.db, command, ctx.clock.now(), seen));
    }
    await this.#write(command);
    this.#waitsMs = [...this.#readBackAfterMs];
    return this.#waitNext();
  }

  #waitNext(): true {
    this.#dueMs = performance.now() + (this.#waitsMs.shift() ?? 0);
    return true;
  }

  async #write(command: OpenCommand): Promise<void> {
    const { ctx } = this.#link;
    const request = switchWrite(command.wanted, this.#meter.unit);
    try {
      const exchange = await this.#meter.session.request(PRIORITY.command, async () => {
        const at = ctx.clock.now();
        const frame = { protocol: 'acrel4g', bytes: transparentFrame(request) };
        const attempt = await markSent(ctx.db, command, {
          at,
          frame,
          from: OPEN_STATES,
          nextAttemptAt: at,
          expectedAt: null,
        });
        return attempt === null ? null : request;
      });
      if (!exchange || exchange.reply?.kind === 'exception') return;
      const at = ctx.clock.now();
      const reply = { protocol: 'acrel4g', bytes: exchange.replyFrame };
      await markAcknowledged(ctx.db, command, { at, reply, nextAttemptAt: at });
    } catch (error) {
      if (!isSilence(error)) throw error;
    }
  }

  /** Success is the relay and the force registers both: a relay that merely happens to stand right may move again. */
  async #readBack(command: OpenCommand): Promise<Seen> {
    const { ctx } = this.#link;
    let seen: Seen;
    try {
      const registers = await readSwitch(this.#meter, PRIORITY.command);
      const { switchState } = await readLive(this.#link, this.#meter, PRIORITY.command, 'on_demand');
      const isForced = registers.forced && registers.state === command.wanted;
      seen = switchState === command.wanted && !isForced ? 'not_forced' : switchState;
    } catch (error) {
      if (!isSilence(error)) throw error;
      seen = 'no_answer';
    }
    const request = { protocol: 'acrel4g', bytes: transparentFrame(switchRead(this.#meter.unit)) };
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

/** The meter did not answer, or refused: that is a result of delivery, not a fault of the program. */
const isSilence = (error: unknown): boolean =>
  error instanceof OpenPrepayError &&
  (error.code === 'headend.request_timed_out' ||
    error.code === 'headend.modbus_exception' ||
    error.code === 'headend.bad_reply');
