import { fen, negateFen, uuidV7, ZERO_FEN } from '@openprepay/kernel';
import { requireStandingAccount } from '../accounts/index.ts';
import { recordAudit } from '../identity/audit.ts';
import { post } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { giveReceipt, receiptOf } from './receipts.ts';
import { assertSameSale, findSale, type Sale } from './sale.ts';
import type { TopUp, TopUpOutcome } from './top-up.ts';

/**
 * Takes a deposit at the counter: into a purse of its own, which neither switches nor pays for use; when the account closes
 * it is set off, and what is left given back. Once per request however often it is sent, with a receipt of its own kind.
 * @returns the deposit purse afterwards
 * @throws counter.request_reused when the request id stood for another deposit, accounts.not_found, accounts.not_open
 */
export async function takeDeposit(ctx: Context, deposit: TopUp): Promise<TopUpOutcome> {
  const { marketId } = deposit;
  const idempotencyKey = `deposit:${deposit.requestId}`;
  return ctx.db.tx(async (tx) => {
    const taken = (await findSale(tx, marketId, idempotencyKey)) ?? (await take(tx, deposit, idempotencyKey, ctx));
    if (taken.repeated) assertSameSale(taken, deposit);
    const receipt = await receiptOf(tx, marketId, taken.txId);
    return { txId: taken.txId, balanceFen: fen(receipt.balanceFen), repeated: taken.repeated, receipt };
  });
}

async function take(tx: Tx, deposit: TopUp, idempotencyKey: string, { clock }: Context): Promise<Sale> {
  const { marketId, accountId, operatorId, amountFen, method, memo } = deposit;
  await requireStandingAccount(tx, marketId, accountId);
  const at = clock.now();
  const txId = uuidV7(at);
  const [posted] = await post(tx, marketId, [
    {
      txId,
      kind: 'deposit',
      idempotencyKey,
      businessAt: at,
      recordedAt: at,
      operatorId,
      memo,
      lines: [
        { ledgerAccount: 'purse.deposit', accountId, amountFen },
        { ledgerAccount: method, accountId: null, amountFen: negateFen(amountFen) },
      ],
    },
  ]);
  // Sent twice at once: the other was first.
  const earlier = posted?.repeated ? await findSale(tx, marketId, idempotencyKey) : null;
  if (earlier) return earlier;
  await giveReceipt(tx, { ...deposit, txId, kind: 'deposit', purse: 'deposit', debtFen: ZERO_FEN, at });
  await recordAudit(tx, {
    marketId,
    at,
    operatorId,
    action: 'counter.take_deposit',
    subject: `account:${accountId}`,
    reason: memo,
    after: { txId, amountFen, method },
  });
  return { txId, accountId, amountFen, method, repeated: false };
}
