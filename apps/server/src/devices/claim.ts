import type { Claim } from '@openprepay/contract';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { devicesError } from './errors.ts';
import { enterGateway } from './gateways.ts';
import { type Act, bindTo, enterNew } from './meters.ts';
import { lockRegister, requireMeter, tellOfMeters } from './register.ts';
import { GATEWAY_LINKS, type GatewayLink } from './types.ts';

/**
 * Takes a device off the list of those that called in and belong to nobody: as a meter, which may be bound at once, or as
 * a gateway. Of two markets that claim it at once one gets it.
 * @returns the meter's id; null for a gateway
 * @throws devices.not_unclaimed, devices.wrong_kind for a gateway on a link that has none, and what `createMeter`,
 *   `bindMeter` and `createGateway` throw
 */
export async function claimDevice(ctx: Context, act: Act, claim: Claim): Promise<string | null> {
  const at = ctx.clock.now();
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const [unclaimed] = await tx.query('select 1 from unclaimed_device where link = $1 and link_key = $2 for update', [
      claim.link,
      claim.linkKey,
    ]);
    if (!unclaimed) throw devicesError('devices.not_unclaimed', `no unclaimed device ${claim.linkKey} has called in`);
    const meterId = await takeAs(tx, act, at, claim);
    await tellOfMeters(tx, act.marketId, meterId === null ? [] : [meterId]);
    return meterId;
  });
}

async function takeAs(tx: Tx, act: Act, at: Date, { link, linkKey, as }: Claim): Promise<string | null> {
  if ('gateway' in as) {
    if (!isGatewayLink(link)) throw devicesError('devices.wrong_kind', `a device on ${link} is a meter, no gateway`);
    await enterGateway(tx, act, at, { ...as.gateway, link, linkKey });
    return null;
  }
  const { stallId, start, ...described } = as;
  if (start && stallId === undefined) {
    throw devicesError('devices.start_without_stall', 'a start reading belongs to a stall');
  }
  const { meterId } = await enterNew(tx, act, at, { ...described, link, linkKey });
  if (stallId !== undefined) {
    const meter = await requireMeter(tx, act.marketId, meterId);
    await bindTo(tx, act, at, meter, { stallId, at, start: start ?? null });
  }
  return meterId;
}

const isGatewayLink = (link: Claim['link']): link is GatewayLink => GATEWAY_LINKS.some((one) => one === link);
