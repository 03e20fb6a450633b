import type { SiteEmergency } from '@openprepay/contract';
import { useList } from '../lists/use-list.ts';
import { send } from '../session.ts';

/** Whether the whole site is cut, and how far that is; asked for again on a slow beat. */
export function useEmergency(marketId: string) {
  return useList<SiteEmergency>(async () => [await send('siteEmergency', { params: { marketId } })]);
}
