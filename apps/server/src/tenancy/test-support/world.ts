import type { NewAccount } from '@openprepay/contract';
import { type Fen, fen, uuidV7 } from '@openprepay/kernel';
import { type MarketOptions, minute, reportOf } from '../../../test-support/market.ts';
import { openCounter } from '../../counter/test-support/world.ts';
import { type PurseKind, post, purseBalances } from '../../ledger/index.ts';
import { intake } from '../../readings/index.ts';
import { settleMarket } from '../../settlement/index.ts';
import { closeOne } from '../close.ts';
import { moveToDebt, switchMode } from '../debt.ts';
import type { Act } from '../hand-over.ts';
import { openAll } from '../open.ts';
import { type Transfer, transferStalls } from '../transfer.ts';

/** A counter with stalls to hand over, and what the tests do with it. Registers are in Wh. */
export async function openTenancies(options: MarketOptions = { meters: 8 }) {
  const counter = await openCounter(options);
  const { ctx, clock, market } = counter;
  const { marketId } = market;
  const act = (note = 'at the counter'): Act => ({
    marketId,
    operatorId: counter.manager.operatorId,
    now: clock.now(),
    note,
  });
  const meter = (index: number) => {
    const one = market.meters[index];
    if (!one) throw new Error(`no meter ${index}`);
    return one;
  };
  return {
    ...counter,
    marketId,
    act,
    meter,
    id: () => uuidV7(clock.now()),
    newAccount: (number: string, over: Partial<NewAccount> = {}): NewAccount => ({
      accountId: uuidV7(clock.now()),
      number,
      customerName: `商户 ${number}`,
      stallIds: [],
      ...over,
    }),
    /** What a meter shows at minutes after the market's beginning; the clock goes with it. */
    async read(index: number, ...values: readonly (readonly [minutes: number, total: number])[]): Promise<void> {
      for (const [minutes, total] of values) {
        if (minute(minutes) > clock.now()) clock.set(minute(minutes));
        await intake(ctx.db, [reportOf(market, meter(index).meterId, minutes, total)].map(withoutTariffs));
      }
    },
    typed: (index: number, value: string) => ({ meterId: meter(index).meterId, value }),
    open: (accounts: readonly NewAccount[], over: Partial<Parameters<typeof openAll>[2]> = {}) =>
      openAll(ctx, act(), { accounts, prepare: false, readings: [], ...over }),
    transfer: (over: Omit<Transfer, 'moveOutId' | 'readings'> & Partial<Transfer>) =>
      transferStalls(ctx, act(), { moveOutId: uuidV7(clock.now()), readings: [], ...over }),
    close: (accountId: string, readings: Parameters<typeof closeOne>[3] = []) =>
      closeOne(ctx, act(), accountId, readings),
    debt: (accountId: string, amountFen: number, requestId = uuidV7(clock.now())) =>
      moveToDebt(ctx, act(), { accountId, requestId, amountFen: fen(amountFen) }),
    mode: (accountId: string, mode: 'prepaid' | 'postpaid', owedAsDebt = false) =>
      switchMode(ctx, act(), accountId, { mode, owedAsDebt }),
    settle: () => settleMarket(ctx, marketId),
    async purse(accountId: string, kind: PurseKind = 'utility'): Promise<Fen> {
      const purses = await purseBalances(ctx.db, marketId, [accountId]);
      return purses.find((purse) => purse.kind === kind)?.balanceFen ?? fen(0);
    },
    /** Money that a purse begins with, beside every counter. */
    async give(accountId: string, kind: PurseKind, amountFen: number): Promise<void> {
      const at = clock.now();
      await ctx.db.tx((tx) =>
        post(tx, marketId, [
          {
            txId: uuidV7(at),
            kind: 'opening_balance',
            idempotencyKey: `opening:${uuidV7(at)}`,
            businessAt: at,
            recordedAt: at,
            operatorId: null,
            memo: null,
            lines: [
              { ledgerAccount: `purse.${kind}`, accountId, amountFen: fen(amountFen) },
              { ledgerAccount: 'opening', accountId: null, amountFen: fen(-amountFen) },
            ],
          },
        ]),
      );
    },
  };
}

export type Tenancies = Awaited<ReturnType<typeof openTenancies>>;

const withoutTariffs = (report: ReturnType<typeof reportOf>) => ({
  ...report,
  reading: report.reading && { ...report.reading, tariffs: null },
});

/** The refusal's code, or that it was none. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no refusal',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
