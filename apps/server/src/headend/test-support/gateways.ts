import { uuidV7 } from '@openprepay/kernel';
import { meterModels } from '@openprepay/protocols';
import { type GatewayLink, saveGateways } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import { START, seedMarket, type TestMeter } from './market.ts';

export interface GatewayPlan {
  readonly link: GatewayLink;
  readonly linkKey: string;
  readonly secret?: string;
  readonly settings?: Record<string, unknown>;
  readonly meters: readonly { readonly model: string; readonly busAddress: string; readonly access?: object }[];
}

/** A market with one gateway and the meters behind it, entered as a technician does. */
export async function seedGateway(ctx: Context, plan: GatewayPlan): Promise<readonly TestMeter[]> {
  const { marketId } = await seedMarket(ctx.db);
  return enterGateway(ctx, marketId, plan);
}

/** Enters gateway and meters into a market, and tells of it. */
export async function enterGateway(ctx: Context, marketId: string, plan: GatewayPlan): Promise<readonly TestMeter[]> {
  const { link, linkKey, secret = null, settings = {} } = plan;
  const meters: TestMeter[] = [];
  await ctx.db.tx(async (tx) => {
    await saveGateways(tx, marketId, START, [{ link, linkKey, name: linkKey, secret, settings }]);
    for (const { model, busAddress, access = {} } of plan.meters) {
      const meterId = uuidV7(START);
      const kind = meterModels[model]?.kind;
      await tx.query(
        `insert into meter (market_id, meter_id, kind, model, serial, link, link_key, bus_address, access, installed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [marketId, meterId, kind, model, meterId, link, linkKey, busAddress, JSON.stringify(access), START],
      );
      await tx.query('insert into meter_state (market_id, meter_id) values ($1, $2)', [marketId, meterId]);
      await tx.query('insert into device_directory values ($1, $2, $3, $4, $5)', [
        link,
        linkKey,
        busAddress,
        marketId,
        meterId,
      ]);
      meters.push({ marketId, meterId, linkKey });
    }
    await tx.notify('device', marketId);
  });
  return meters;
}

/** The registers of a meter that are stored, in order of time. */
export async function totalsOf(ctx: Context, meter: TestMeter): Promise<unknown[]> {
  const rows = await ctx.db.query('select total from reading where market_id = $1 and meter_id = $2 order by read_at', [
    meter.marketId,
    meter.meterId,
  ]);
  return rows.map((row) => row['total']);
}
