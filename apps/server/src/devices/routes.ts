import type { DeviceException, UnclaimedDevice } from '@openprepay/contract';
import type { Static } from 'typebox';
import type { Handlers } from '../platform/handlers.ts';
import { listExceptions, listUnclaimed } from './lists.ts';

export const devicesRoutes = {
  async unclaimedDevices(ctx): Promise<Static<typeof UnclaimedDevice>[]> {
    return listUnclaimed(ctx.db);
  },
  async exceptions(ctx, { params }): Promise<Static<typeof DeviceException>[]> {
    return listExceptions(ctx.db, params.marketId);
  },
} satisfies Partial<Handlers>;
