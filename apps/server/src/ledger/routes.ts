import type { TopUpResult } from '@openprepay/contract';
import { fen } from '@openprepay/kernel';
import type { Static } from 'typebox';
import type { Handlers } from '../platform/handlers.ts';
import { topUp } from './top-up.ts';
import type { PaymentMethod } from './types.ts';

export const ledgerRoutes = {
  async topUp(ctx, { params, body, operator }): Promise<Static<typeof TopUpResult>> {
    const outcome = await topUp(ctx, {
      ...params,
      requestId: body.requestId,
      amountFen: fen(body.amountFen),
      method: body.method as PaymentMethod,
      memo: body.memo ?? null,
      operatorId: operator.operatorId,
    });
    return { ...outcome, balanceFen: Number(outcome.balanceFen) };
  },
} satisfies Partial<Handlers>;
