import type { Act } from '../devices/index.ts';
import type { Handlers } from '../platform/handlers.ts';
import { changeCt, type Replaced, replaceMeter } from './replace.ts';
import { retireMeter } from './retire.ts';

const actOf = (marketId: string, operatorId: string): Act => ({ marketId, operatorId });
const answerOf = (replaced: Replaced) => ({ ...replaced, at: replaced.at.toISOString() });

export const replacementRoutes = {
  async replaceMeter(ctx, { params: { marketId, meterId }, operator, body }) {
    return answerOf(await replaceMeter(ctx, actOf(marketId, operator.operatorId), meterId, body));
  },
  async changeCt(ctx, { params: { marketId, meterId }, operator, body }) {
    return answerOf(await changeCt(ctx, actOf(marketId, operator.operatorId), meterId, body));
  },
  async retireMeter(ctx, { params: { marketId, meterId }, operator, body }) {
    await retireMeter(ctx, actOf(marketId, operator.operatorId), meterId, body.note);
    return null;
  },
} satisfies Partial<Handlers>;
