import type { Operator } from '@openprepay/contract';
import type { Context } from '../platform/context.ts';
import type { Handlers } from '../platform/handlers.ts';
import { gridPrices, putGridPrice, setPriceCap } from './cap.ts';
import { createPlan, discardDraft, saveDraft } from './drafts.ts';
import { setFirstPrice } from './first.ts';
import { makeDefault, pricePlan, pricePlans } from './plans.ts';
import { shadowOfDraft } from './shadow.ts';

const who = ({ marketId }: { readonly marketId: string }, { operatorId }: Operator) => ({ marketId, operatorId });
const planNow = (ctx: Context, { marketId, planId }: { readonly marketId: string; readonly planId: string }) =>
  pricePlan(ctx.db, marketId, planId, ctx.clock.now());

export const pricesRoutes = {
  pricePlans: (ctx, { params }) => pricePlans(ctx.db, params.marketId, ctx.clock.now()),
  pricePlan: (ctx, { params }) => planNow(ctx, params),
  async createPricePlan(ctx, { params, body, operator }) {
    const { kind, name, draftId, validFrom, rule } = body;
    const draft = { draftId, validFrom: new Date(validFrom), rule };
    await createPlan(ctx, who(params, operator), { planId: params.planId, kind, name: name.trim() }, draft);
    return planNow(ctx, params);
  },
  async setFirstPrice(ctx, { params, body, operator }) {
    const price = { ...body, name: body.name.trim(), kind: params.kind };
    await setFirstPrice(ctx, who(params, operator), price);
    return planNow(ctx, { ...params, planId: body.planId });
  },
  async savePriceDraft(ctx, { params, body, operator }) {
    const draft = { draftId: params.draftId, validFrom: new Date(body.validFrom), rule: body.rule };
    const basedOn = body.basedOn === null ? null : new Date(body.basedOn);
    await saveDraft(ctx, who(params, operator), params.planId, draft, basedOn);
    return planNow(ctx, params);
  },
  async discardPriceDraft(ctx, { params, operator }) {
    await discardDraft(ctx, who(params, operator), params.planId, params.draftId);
    return planNow(ctx, params);
  },
  async makeDefaultPlan(ctx, { params, body, operator }) {
    await makeDefault(ctx, params.marketId, params.planId, { operatorId: operator.operatorId, reason: body.reason });
    return planNow(ctx, params);
  },
  shadowRun: (ctx, { params, query }) => shadowOfDraft(ctx, params, query),
  gridPrices: (ctx, { params }) => gridPrices(ctx.db, params.marketId),
  async putGridPrice(ctx, { params, body, operator }) {
    await putGridPrice(ctx, who(params, operator), params, body);
    return null;
  },
  async setPriceCap(ctx, { params, body, operator }) {
    await setPriceCap(ctx, who(params, operator), body.priceCap, body.reason);
    return null;
  },
} satisfies Partial<Handlers>;
