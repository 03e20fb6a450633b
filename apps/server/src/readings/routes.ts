import type { Hold } from '@openprepay/contract';
import type { Static } from 'typebox';
import type { Handlers } from '../platform/handlers.ts';
import { listOpenHolds, type Release } from './hold-store.ts';
import { releaseHold } from './holds.ts';

const MAX_HOLDS_SHOWN = 1_000;

export const readingsRoutes = {
  async holds(ctx, { params }): Promise<Static<typeof Hold>[]> {
    const holds = await listOpenHolds(ctx.db, params.marketId, MAX_HOLDS_SHOWN);
    return holds.map((hold) => ({
      ...hold,
      openedAt: hold.openedAt.toISOString(),
      readAt: hold.readAt.toISOString(),
      value: Number(hold.value),
      lastGoodValue: hold.lastGoodValue === null ? null : Number(hold.lastGoodValue),
      lastGoodAt: hold.lastGoodAt?.toISOString() ?? null,
    }));
  },
  async releaseHold(ctx, { params, body, operator }): Promise<null> {
    await releaseHold(ctx, {
      ...params,
      action: body.action as Release['action'],
      note: body.note,
      operatorId: operator.operatorId,
    });
    return null;
  },
} satisfies Partial<Handlers>;
