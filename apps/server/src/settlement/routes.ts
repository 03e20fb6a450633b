import type { CorrectReadingResult } from '@openprepay/contract';
import { parseDecimal } from '@openprepay/kernel';
import type { Handlers } from '../platform/handlers.ts';
import { listCharges } from './charge-list.ts';
import { correctReading } from './correction.ts';
import { estimateBalance } from './estimate.ts';
import { provisionalRule, setProvisionalRule } from './rule.ts';

export const settlementRoutes = {
  balanceEstimate: (ctx, { params }) => estimateBalance(ctx, params.marketId, params.accountId),
  charges: (ctx, { params, query, buildingIds }) => listCharges(ctx.db, params.marketId, query, buildingIds),
  provisionalRule: (ctx, { params }) => provisionalRule(ctx, params.marketId),
  async setProvisionalRule(ctx, { params, body, operator }) {
    await setProvisionalRule(ctx, { ...params, operatorId: operator.operatorId }, body);
    return null;
  },
  async correctReading(ctx, { params, body, operator }): Promise<CorrectReadingResult> {
    const corrections = await correctReading(ctx, {
      ...params,
      readAt: new Date(body.readAt),
      register: parseDecimal(body.value, 3),
      reason: body.reason,
      operatorId: operator.operatorId,
      photo: body.photoBase64 === undefined ? null : Buffer.from(body.photoBase64, 'base64'),
    });
    return { corrections: corrections.map((one) => ({ ...one, amountFen: Number(one.amountFen) })) };
  },
} satisfies Partial<Handlers>;
