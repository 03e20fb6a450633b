import type { MeterFilter } from '@openprepay/contract';
import type { Selection } from '../lists/selection.ts';
import { send } from '../session.ts';

/** What a batch takes. */
export const MAX_CHOSEN = 10_000;

/** The meters that a selection of the register means now: those named, or all that match but those. */
export async function chosenMeterIds(
  marketId: string,
  { isAll, ids }: Selection,
  matching: MeterFilter,
): Promise<string[]> {
  if (!isAll) return [...ids];
  const { meterIds } = await send('chosenMeters', { params: { marketId }, body: { matching, exceptIds: [...ids] } });
  return meterIds;
}

/** The meters that the page before handed on; a reload and the way back still know them. */
export function handedOn(): readonly string[] | null {
  const state: unknown = history.state;
  if (typeof state !== 'object' || state === null || !('meterIds' in state) || !Array.isArray(state.meterIds))
    return null;
  return state.meterIds.filter((id): id is string => typeof id === 'string');
}
