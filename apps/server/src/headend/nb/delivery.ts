import { isProtocolError } from '@openprepay/protocols';
import type { NbCodec, NbCommand } from '@openprepay/protocols/nbcodec';
import {
  markSent,
  noteCancelled,
  noteReadBack,
  type OpenCommand,
  openCommands,
  postpone,
  readBackAsked,
  requeue,
  setPlatformRef,
  supersededOnPlatform,
  type WireFrame,
} from '../../commands/index.ts';
import { type Device, devicesOf, wakeTimes } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import type { Stats } from '../stats.ts';
import type { Trace } from '../trace.ts';
import { acknowledgeByPlatform, retryOrFail } from './answers.ts';
import { isRefusal, type PlatformClients } from './clients.ts';
import { seriesOf, splitLinkKey } from './orders.ts';

const MAX_DUE = 500;
const MAX_AT_ONCE = 16;
/** Business time after which a sending without any answer of the platform counts as not sent. */
const CREATE_WITHIN_S = 60;
/** How long after the expected wake-up the platform is asked what became of a command. */
const ASK_AFTER_WAKE_S = 900;
/** A platform that refuses a command may take it later, when somebody has put right what is wrong there. */
const REFUSED_AGAIN_S = 60;

export interface PlatformDeliveryOptions {
  readonly ctx: Context;
  readonly clients: PlatformClients;
  readonly stats: Stats;
  readonly trace: Trace;
}

/**
 * Hands commands for sleeping meters to the platform, and follows up on those that nobody has answered for. What the
 * meters and the platform report comes in by push, see `answers.ts`.
 */
export class PlatformDelivery {
  readonly #options: PlatformDeliveryOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #looks = new Map<string, Promise<void>>();
  readonly #lookAgain = new Set<string>();
  #stopped = false;

  constructor(options: PlatformDeliveryOptions) {
    this.#options = options;
  }

  /** Looks for due commands of a market; returns at once. */
  poke(marketId: string): void {
    if (this.#stopped) return;
    if (this.#looks.has(marketId)) {
      this.#lookAgain.add(marketId);
      return;
    }
    const look = this.#look(marketId)
      .catch((error: unknown) =>
        this.#options.ctx.log.error({ err: error }, 'due commands of NB meters could not be listed'),
      )
      .then(() => {
        this.#looks.delete(marketId);
        if (this.#lookAgain.delete(marketId)) this.poke(marketId);
      });
    this.#looks.set(marketId, look);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#looks.values());
    await Promise.all(this.#running.values());
  }

  async #look(marketId: string): Promise<void> {
    const { ctx } = this.#options;
    const now = ctx.clock.now();
    const due = await openCommands(ctx.db, marketId, 'nb', now, MAX_DUE);
    // The tick ends what has expired; until then it would be taken up, and found not to be sendable, over and over.
    const waiting = due.filter((command) => !this.#running.has(command.meterId) && command.expiresAt > now);
    if (waiting.length === 0) return;
    const meterIds = waiting.map((command) => command.meterId);
    const devices = new Map((await devicesOf(ctx.db, marketId, meterIds)).map((device) => [device.meterId, device]));
    for (const command of waiting) {
      const device = devices.get(command.meterId);
      if (!device || this.#options.clients.isPaused(splitLinkKey(device.linkKey).productId)) continue;
      while (this.#running.size >= MAX_AT_ONCE) await Promise.race(this.#running.values());
      if (this.#stopped) return;
      this.#running.set(command.meterId, this.#run(device, command));
    }
  }

  async #run(device: Device, command: OpenCommand): Promise<void> {
    let again = true;
    try {
      if (command.state === 'queued') await this.#send(device, command);
      else if (command.state === 'sent') await this.#followSent(device, command);
      else await this.#followAcknowledged(device, command);
    } catch (error) {
      again = false;
      const detail = { err: error, meterId: device.meterId };
      this.#options.stats.trouble(
        'platform_failures',
        detail,
        'the platform did not take a command; it will be tried again',
      );
      if (isRefusal(error)) await this.#postponeRefused(command);
    }
    this.#running.delete(command.meterId);
    // The meter's next command may have waited for this one. After a failure the tick looks again.
    if (again) this.poke(device.marketId);
  }

  async #postponeRefused(command: OpenCommand): Promise<void> {
    const { ctx } = this.#options;
    await postpone(ctx.db, command, inSeconds(ctx.clock.now(), REFUSED_AGAIN_S)).catch((error: unknown) =>
      ctx.log.warn({ err: error, meterId: command.meterId }, 'a refused command could not be put off'),
    );
  }

  async #send(device: Device, command: OpenCommand): Promise<void> {
    const { ctx, clients } = this.#options;
    const { productId, deviceId } = splitLinkKey(device.linkKey);
    const at = ctx.clock.now();
    const codec = await clients.codecOf(productId);
    const told = codec.encodeValve(device.busAddress, command.wanted, seriesOf(command, command.attempts + 1));
    const frame = { protocol: codec.protocol, bytes: bytesOf(told) };
    const { wakeExpectedAt } = await wakeTimes(ctx.db, device.marketId, device.meterId);
    const expectedAt = wakeExpectedAt && wakeExpectedAt > at ? wakeExpectedAt : null;
    const attempt = await markSent(ctx.db, command, {
      at,
      frame,
      from: ['queued'],
      nextAttemptAt: inSeconds(at, CREATE_WITHIN_S),
      expectedAt,
    });
    if (attempt === null) return;
    const sent: OpenCommand = { ...command, state: 'sent', attempts: attempt };
    await this.#cancelSuperseded(device);
    const order = { deviceId, told, ttlS: ttlSOf(command, at) };
    try {
      const ref = await clients.call(productId, (client) => client.create(order));
      await setPlatformRef(ctx.db, sent, ref, inSeconds(expectedAt ?? at, ASK_AFTER_WAKE_S));
      this.#seen(device, frame);
    } catch (error) {
      const outcome = (error as { code?: string }).code?.replace(/^\w+\./, '') ?? 'failed';
      await requeue(ctx.db, sent, { at: ctx.clock.now(), outcome, undo: true });
      throw error;
    }
  }

  /** The newest wanted state goes last in any case; taking the old command back only saves the meter a movement. */
  async #cancelSuperseded(device: Device): Promise<void> {
    const { ctx, clients } = this.#options;
    const { productId, deviceId } = splitLinkKey(device.linkKey);
    for (const { commandId, platformRef } of await supersededOnPlatform(ctx.db, device.marketId, device.meterId)) {
      const outcome = await clients
        .call(productId, (client) => client.cancel(deviceId, platformRef))
        .then(
          () => 'cancelled_on_platform',
          () => 'cancel_refused',
        );
      await noteCancelled(ctx.db, device.marketId, commandId, outcome);
    }
  }

  async #followSent(device: Device, command: OpenCommand): Promise<void> {
    const { ctx, clients } = this.#options;
    const { productId, deviceId } = splitLinkKey(device.linkKey);
    const { platformRef } = command;
    const now = ctx.clock.now();
    if (platformRef === null) {
      await requeue(ctx.db, command, { at: now, outcome: 'unknown', undo: false });
      return;
    }
    const { fate, code } = await clients.call(productId, (client) => client.fateOf(deviceId, platformRef));
    if (fate === 'delivered') await acknowledgeByPlatform(ctx, command);
    else if (fate === 'failed') await retryOrFail(ctx, command, code);
    else await postpone(ctx.db, command, inSeconds(now, ASK_AFTER_WAKE_S));
  }

  /** Acknowledged, and no report since: the meter is asked once; if that brings nothing either, the order is repeated. */
  async #followAcknowledged(device: Device, command: OpenCommand): Promise<void> {
    const { ctx, clients } = this.#options;
    const { productId, deviceId } = splitLinkKey(device.linkKey);
    const now = ctx.clock.now();
    const codec = await clients.codecOf(productId);
    const told = tryRead(codec, device.busAddress, seriesOf(command, command.attempts));
    const { wakeExpectedAt } = await wakeTimes(ctx.db, device.marketId, device.meterId);
    const reportBy = inSeconds(wakeExpectedAt && wakeExpectedAt > now ? wakeExpectedAt : now, ASK_AFTER_WAKE_S);
    if (told === null) {
      // One that cannot be asked has until after its next wake-up.
      if (wakeExpectedAt && wakeExpectedAt > now) return postpone(ctx.db, command, reportBy);
      return retryOrFail(ctx, command, 'no_report');
    }
    if (await readBackAsked(ctx.db, command)) return retryOrFail(ctx, command, 'no_report');
    await clients.call(productId, (client) => client.create({ deviceId, told, ttlS: ttlSOf(command, now) }));
    const request = { protocol: codec.protocol, bytes: bytesOf(told) };
    await noteReadBack(ctx.db, command, { at: now, request, outcome: 'asked' });
    await postpone(ctx.db, command, reportBy);
    this.#seen(device, request);
  }

  #seen({ marketId, meterId, linkKey }: Device, frame: WireFrame): void {
    this.#options.trace.frame({ direction: 'down', link: 'nb', linkKey, marketId, meterId, ...frame, error: null });
  }
}

const inSeconds = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);

/** As long as the command itself may wait. */
const ttlSOf = (command: OpenCommand, at: Date): number =>
  Math.max(1, Math.floor((command.expiresAt.getTime() - at.getTime()) / 1000));

/** For the record: the device's own bytes, or the service that the platform turns into them. */
const bytesOf = (told: NbCommand): Uint8Array =>
  told.kind === 'bytes' ? told.bytes : new TextEncoder().encode(JSON.stringify(told));

/** The question for a reading; null where such a meter cannot be asked. */
function tryRead(codec: NbCodec, address: string, sequence: number): NbCommand | null {
  try {
    return codec.encodeRead(address, sequence);
  } catch (error) {
    if (isProtocolError(error) && error.code === 'meter.not_supported') return null;
    throw error;
  }
}
