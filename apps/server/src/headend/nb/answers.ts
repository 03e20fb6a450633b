import {
  confirm,
  fail,
  markAcknowledged,
  type OpenCommand,
  openCommandOf,
  requeue,
  type WireFrame,
} from '../../commands/index.ts';
import type { Device } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import { seriesOf } from './orders.ts';
import type { Fate } from './platform.ts';

/** Orders a meter may get and not follow before a person has to look. */
export const MAX_ORDERS = 4;
/** After an acknowledgement a report should come by itself; then the meter is asked. */
const REPORT_WITHIN_S = 120;
/** A battery meter's valve moves for up to a minute: a report from before that says nothing. */
const TRAVEL_S = 60;

/** The platform reports on a command it has taken; reports on superseded commands are left aside. */
export async function onPlatformAnswer(
  ctx: Context,
  device: Device,
  answer: { readonly ref: string; readonly fate: Fate; readonly code: string },
): Promise<void> {
  const command = await openCommandOf(ctx.db, device.marketId, device.meterId);
  if (command?.platformRef !== answer.ref || answer.fate === 'waiting') return;
  if (answer.fate === 'delivered') await acknowledgeByPlatform(ctx, command);
  else await retryOrFail(ctx, command, answer.code);
}

/** The meter itself has answered an order; `sequence` says which, where it can. */
export async function onSwitchReply(
  ctx: Context,
  device: Device,
  sequence: number | null,
  reply: WireFrame,
): Promise<void> {
  const command = await openCommandOf(ctx.db, device.marketId, device.meterId);
  if (!command || (sequence !== null && sequence !== seriesOf(command, command.attempts))) return;
  const at = ctx.clock.now();
  await markAcknowledged(ctx.db, command, { at, reply, nextAttemptAt: inSeconds(at, REPORT_WITHIN_S) });
}

/** The meter has reported where its valve or relay stands: all that confirms a command, if it is later than it. */
export async function onSwitchReport(
  ctx: Context,
  device: Device,
  report: { readonly readAt: Date; readonly state: 'on' | 'off' | 'fault' },
): Promise<void> {
  const command = await openCommandOf(ctx.db, device.marketId, device.meterId);
  if (!command?.sentAt || report.readAt <= command.sentAt) return;
  if (report.state === command.wanted) {
    await confirm(ctx.db, command, ctx.clock.now());
  } else if (command.acknowledgedAt && report.readAt > inSeconds(command.acknowledgedAt, TRAVEL_S)) {
    await retryOrFail(ctx, command, `read_${report.state}`);
  }
}

export async function acknowledgeByPlatform(ctx: Context, command: OpenCommand): Promise<void> {
  const at = ctx.clock.now();
  await markAcknowledged(ctx.db, command, { at, reply: null, nextAttemptAt: inSeconds(at, REPORT_WITHIN_S) });
}

/** The order had no effect: once more, at once, while the meter may still be awake; or that was the last time. */
export async function retryOrFail(ctx: Context, command: OpenCommand, outcome: string): Promise<void> {
  const at = ctx.clock.now();
  if (command.attempts >= MAX_ORDERS) {
    await fail(ctx.db, command, at, outcome);
  } else if (await requeue(ctx.db, command, { at, outcome, undo: false })) {
    await ctx.db.tx((tx) => tx.notify('command', `${command.marketId} ${command.meterId}`));
  }
}

const inSeconds = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);
