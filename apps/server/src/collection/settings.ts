import type { Command, MeterSettings, SettingOrder } from '@openprepay/contract';
import { meterModels, protocolError } from '@openprepay/protocols';
import type { SettingKind } from '@openprepay/protocols/driver';
import type { Static } from 'typebox';
import { type CommandRow, enqueueSetting, recentCommands } from '../commands/index.ts';
import { type HeadendDesk, settingsOf } from '../headend/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import { collectionError } from './errors.ts';

const COMMANDS_SHOWN = 50;

interface SettableMeter extends Record<string, unknown> {
  readonly meterId: string;
  readonly link: string;
  readonly model: string;
  readonly busAddress: string;
  readonly access: Readonly<Record<string, string>>;
  readonly commandLimitS: number;
  readonly clockDriftS: number | null;
  readonly clockCheckedAt: Date | null;
}

async function findMeter(db: Queryable, marketId: string, meterId: string): Promise<SettableMeter> {
  const rows = await db.query<SettableMeter>(
    `select meter.meter_id as "meterId", meter.link, meter.model, meter.bus_address as "busAddress", meter.access,
            market.command_limit_s as "commandLimitS", state.clock_drift_s as "clockDriftS",
            state.clock_checked_at as "clockCheckedAt"
     from meter
     join market on market.market_id = meter.market_id
     left join meter_state state on state.market_id = meter.market_id and state.meter_id = meter.meter_id
     where meter.market_id = $1 and meter.meter_id = $2 and meter.retired_at is null`,
    [marketId, meterId],
  );
  const [meter] = rows;
  if (!meter) throw collectionError('collection.no_such_meter', `this market has no meter ${meterId} in use`);
  return meter;
}

/** What a meter can be told, and what it was told. @throws collection.no_such_meter */
export async function meterSettings(
  db: Queryable,
  desk: HeadendDesk,
  marketId: string,
  meterId: string,
): Promise<MeterSettings> {
  const meter = await findMeter(db, marketId, meterId);
  const commands = await recentCommands(db, marketId, [meterId], COMMANDS_SHOWN);
  return {
    meterId,
    supported: [...settingsOf(meter)],
    reachable: desk.reaches(marketId, meterId),
    clockDriftS: meter.clockDriftS,
    clockCheckedAt: meter.clockCheckedAt?.toISOString() ?? null,
    commands: commands.filter((command) => command.kind !== 'switch').map(commandView),
  };
}

const instant = (at: Date | null): string | null => at?.toISOString() ?? null;

const commandView = ({ meterId: _, ...command }: CommandRow): Static<typeof Command> => ({
  ...command,
  createdAt: command.createdAt.toISOString(),
  sentAt: instant(command.sentAt),
  acknowledgedAt: instant(command.acknowledgedAt),
  finishedAt: instant(command.finishedAt),
  expiresAt: command.expiresAt.toISOString(),
  expectedAt: instant(command.expectedAt),
});

/**
 * Queues a setting for one meter; the audit entry is stored with it.
 * @returns the command's id
 * @throws collection.no_such_meter, collection.bad_setting, meter.not_supported
 */
export async function orderSetting(
  ctx: Context,
  order: SettingOrder & { readonly marketId: string; readonly meterId: string; readonly operatorId: string },
): Promise<string> {
  const { marketId, meterId, value, reason, operatorId } = order;
  const kind: SettingKind = order.kind;
  const at = ctx.clock.now();
  const meter = await findMeter(ctx.db, marketId, meterId);
  if (!settingsOf(meter).includes(kind)) {
    throw protocolError('meter.not_supported', `a ${meter.model} on this link cannot be told ${kind}`, { kind });
  }
  assertSensible(order, meter.model);
  return ctx.db.tx(async (tx) => {
    const [commandId = ''] = await enqueueSetting(tx, [
      {
        marketId,
        meterId,
        kind,
        value: { ...value },
        cause: 'operator',
        operatorId,
        createdAt: at,
        expiresAt: new Date(at.getTime() + meter.commandLimitS * 1_000),
      },
    ]);
    await recordAudit(tx, {
      at,
      marketId,
      operatorId,
      action: 'collection.order_setting',
      subject: `meter:${meterId}`,
      reason,
      after: { commandId, kind, value },
    });
    return commandId;
  });
}

/** What a schema cannot say: that the values fit the meter, and each other. */
function assertSensible(order: SettingOrder, model: string): void {
  if ('alarm1Fen' in order.value && order.value.alarm1Fen < order.value.alarm2Fen) {
    throw collectionError('collection.bad_setting', 'the first alarm comes at the higher amount');
  }
  // A meter without registers by time of use has one price.
  const count = meterModels[model]?.tariffs || 1;
  if ('prices' in order.value && order.value.prices.length !== count) {
    throw collectionError('collection.bad_setting', `a ${model} takes a price for each of its ${count} tariffs`);
  }
}
