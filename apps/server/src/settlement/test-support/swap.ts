import { type Fen, fen, uuidV7 } from '@openprepay/kernel';
import { expect } from 'vitest';
import type { TestClock } from '../../../test-support/database.ts';
import { type MarketOptions, minute, reportOf, seedMarket } from '../../../test-support/market.ts';
import { purseBalances } from '../../ledger/index.ts';
import type { Context } from '../../platform/context.ts';
import { createPlans } from '../../prices/index.ts';
import { estimateFinal, intake, takeManual } from '../../readings/index.ts';
import { verifyMarket } from '../../verify/index.ts';
import { correctReading, settleMarket } from '../index.ts';

export const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
export const DAY = 1_440;
export const NOTE = 'meter swapped';

export const steps = (upTo: number, below: string, above: string) => ({
  kind: 'steps',
  period: 'month',
  steps: [{ upTo, parts: [{ name: 'energy', price: below }] }, { parts: [{ name: 'energy', price: above }] }],
});

/** How the last reading of the old meter is known. */
export type Final = { readonly register: number } | 'estimated' | 'as_read';

export interface Swap {
  readonly at: number;
  readonly final: Final;
  readonly start: number;
  readonly ctRatio?: number;
}

/** A market with one stall whose meter is swapped, and what the tests do with it. Registers are in Wh before CT. */
export async function swapMarket(
  ctx: Context & { readonly clock: TestClock },
  rule: unknown,
  options: MarketOptions & { ctRatio?: number } = {},
) {
  const market = await seedMarket(ctx.db, options);
  const { marketId } = market;
  const [{ meterId: first, stallId, accountId }] = market.meters as [(typeof market.meters)[number]];
  if (rule !== null) {
    const versions = [{ validFrom: minute(0), rule }];
    const planId = uuidV7(minute(0));
    await createPlans(ctx.db, marketId, [{ planId, kind: market.kind, name: 'own', marketDefault: false, versions }]);
    await ctx.db.query('update account set electricity_plan_id = $2 where market_id = $1', [marketId, planId]);
  }
  await ctx.db.query('update meter set ct_ratio = $2 where market_id = $1', [marketId, options.ctRatio ?? 1]);
  const ratios = new Map([[first, options.ctRatio ?? 1]]);

  const manual = (meterId: string, at: number, register: number) =>
    ctx.db.tx((tx) =>
      takeManual(tx, ctx.clock.now(), {
        marketId,
        meterId,
        readAt: minute(at),
        register: BigInt(register),
        tariffs: null,
        note: NOTE,
        operatorId: OPERATOR,
        photo: null,
        confirmJump: false,
      }),
    );

  return {
    ...market,
    first,
    stallId,
    accountId,
    manual,
    /** What the meter says: minute, register, and the tariff registers where it has any. */
    read: (
      meterId: string,
      ...values: readonly (readonly [at: number, register: number, tariffs?: (bigint | null)[]])[]
    ) =>
      intake(
        ctx.db,
        values.map(([at, register, tariffs = null]) => {
          const ctRatio = ratios.get(meterId) ?? 1;
          const report = reportOf(market, meterId, at, BigInt(register) * BigInt(ctRatio));
          return { ...report, ctRatio, reading: report.reading && { ...report.reading, tariffs } };
        }),
      ),
    /** Puts another device in the place of a meter, as the register of meters does it. */
    async swap(oldId: string, { at, final, start, ctRatio = 1 }: Swap): Promise<string> {
      const newId = uuidV7(minute(at));
      const instant = minute(at);
      if (final === 'estimated') {
        await ctx.db.tx((tx) =>
          estimateFinal(tx, ctx.clock.now(), {
            marketId,
            meterId: oldId,
            at: instant,
            note: NOTE,
            operatorId: OPERATOR,
          }),
        );
      } else if (final !== 'as_read') await manual(oldId, at, final.register);
      await ctx.db.query('update meter_binding set to_at = $3 where market_id = $1 and meter_id = $2', [
        marketId,
        oldId,
        instant,
      ]);
      await ctx.db.query('update meter set retired_at = $3 where market_id = $1 and meter_id = $2', [
        marketId,
        oldId,
        instant,
      ]);
      await ctx.db.query(
        `insert into meter (market_id, meter_id, kind, model, serial, ct_ratio, link, link_key, bus_address, installed_at)
         select market_id, $3, kind, model, serial || '+', $4, link, link_key, bus_address, $5
         from meter where market_id = $1 and meter_id = $2`,
        [marketId, oldId, newId, ctRatio, instant],
      );
      await ctx.db.query(
        'insert into meter_binding (market_id, binding_id, meter_id, stall_id, from_at) values ($1, $2, $3, $4, $5)',
        [marketId, uuidV7(instant), newId, stallId, instant],
      );
      await ctx.db.query(
        `insert into meter_replacement (market_id, old_meter_id, new_meter_id, at, reason, final_origin, operator_id, note)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          marketId,
          oldId,
          newId,
          instant,
          ctRatio === (ratios.get(oldId) ?? 1) ? 'replaced' : 'ct_changed',
          final === 'estimated' ? 'estimated' : 'manual',
          OPERATOR,
          NOTE,
        ],
      );
      ratios.set(newId, ctRatio);
      await manual(newId, at, start);
      return newId;
    },
    correct: (meterId: string, at: number, register: number) =>
      correctReading(ctx, {
        marketId,
        meterId,
        readAt: minute(at),
        register: BigInt(register),
        reason: 'the old meter was found',
        operatorId: OPERATOR,
        photo: null,
      }),
    settle: () => settleMarket(ctx, marketId),
    /** What the account owes, in fen. */
    async cost(id = accountId): Promise<Fen> {
      const [purse] = await purseBalances(ctx.db, marketId, [id]);
      return fen(-(purse?.balanceFen ?? 0n));
    },
    /** Charges in order of time: amount in fen, and the use by step and tariff. */
    charges: async () =>
      (
        await ctx.db.query<{ amount_fen: bigint; uses: Record<string, string | number | null>[] }>(
          'select amount_fen, uses from charge where market_id = $1 order by from_at, to_at',
          [marketId],
        )
      ).map((row) => [row.amount_fen, row.uses.map(usedAs).join()]),
    readings: async (meterId: string) =>
      (
        await ctx.db.query<{
          total: bigint;
          origin: string;
          quality: string;
          turnovers: number;
          said_total: bigint | null;
        }>(
          `select total, origin, quality, turnovers, said_total from reading
           where market_id = $1 and meter_id = $2 order by read_at`,
          [marketId, meterId],
        )
      ).map((row) => Object.values(row)),
    async prove() {
      expect((await verifyMarket(ctx.db, ctx.clock, marketId)).filter((check) => !check.ok)).toEqual([]);
    },
  };
}

const usedAs = (one: Record<string, string | number | null>) =>
  [one['use'], one['step'], one['tariff']].filter((word) => word !== null).join(' ');
