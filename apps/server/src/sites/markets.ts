import type { Act as MarketAct } from '../devices/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import { sitesError } from './errors.ts';
import { findMarketByCode, insertMarket } from './store.ts';

/** What holds for every market until somebody says otherwise, as the table has it. */
const FINAL_NOTICE_WAIT_S = 1_800;
const LOW_BALANCE_FEN = 2_000;

export interface NewMarket {
  readonly code: string;
  readonly name: string;
  readonly timeZone: string;
}

/**
 * Begins a market with nothing in it. Sent again under the same id, it is the same market.
 * @throws sites.bad_time_zone, sites.market_code_taken
 */
export async function createMarket(
  ctx: Context,
  { marketId, operatorId }: MarketAct,
  market: NewMarket,
): Promise<void> {
  const { code, name, timeZone } = market;
  if (!isTimeZone(timeZone)) throw sitesError('sites.bad_time_zone', `there is no time zone ${timeZone}`);
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const [known] = await tx.query('select from market where market_id = $1', [marketId]);
    if (known) return;
    const values = { code, name, timeZone, finalNoticeWaitS: FINAL_NOTICE_WAIT_S, lowBalanceFen: LOW_BALANCE_FEN };
    if ((await insertMarket(tx, marketId, at, values)) === null) {
      if ((await findMarketByCode(tx, code)) === marketId) return;
      throw sitesError('sites.market_code_taken', `there is a market ${code} already`);
    }
    const subject = `market:${marketId}`;
    await recordAudit(tx, { marketId, operatorId, at, action: 'sites.create_market', subject, after: market });
  });
}

/**
 * Its code and its zone stay: files name it by the one, and what is on the books was dated by the other.
 * @throws sites.no_such_market
 */
export async function renameMarket(ctx: Context, { marketId, operatorId }: MarketAct, name: string): Promise<void> {
  await ctx.db.tx(async (tx) => {
    const [before] = await tx.query<{ name: string }>(
      'select name from market where market_id = $1 for no key update',
      [marketId],
    );
    if (!before) throw sitesError('sites.no_such_market', `no market ${marketId}`);
    if (before.name === name) return;
    await tx.query('update market set name = $2 where market_id = $1', [marketId, name]);
    const [at, subject] = [ctx.clock.now(), `market:${marketId}`];
    await recordAudit(tx, {
      marketId,
      operatorId,
      at,
      action: 'sites.rename_market',
      subject,
      before,
      after: { name },
    });
  });
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
