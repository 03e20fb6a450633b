import type { Handlers } from '../platform/handlers.ts';
import { type NewOverride, setOverride } from './service.ts';

export const controlRoutes = {
  async setOverride(ctx, { params, body, operator }) {
    await setOverride(ctx, {
      ...params,
      override: body.override as NewOverride['override'],
      reason: body.reason,
      until: body.until === undefined ? null : new Date(body.until),
      operatorId: operator.operatorId,
    });
    return null;
  },
} satisfies Partial<Handlers>;
