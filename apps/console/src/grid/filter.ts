import type { StallCell, StallState } from '@openprepay/contract';
import { STALL_STATES } from '../stall-states.ts';

/** What the grid shows of all stalls; null and '' mean no restriction. */
export interface StallFilter {
  readonly state: StallState | null;
  readonly building: string | null;
  readonly stallType: string | null;
  readonly search: string;
}

export const NO_FILTER: StallFilter = { state: null, building: null, stallType: null, search: '' };

const MAX_SEARCH_LENGTH = 64;

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/[\s-]/g, '');

/** Everything but the state, so that the legend can count what choosing a state would show. */
export function inScope(cell: StallCell, filter: StallFilter): boolean {
  if (filter.building !== null && cell.building !== filter.building) return false;
  if (filter.stallType !== null && cell.stallType !== filter.stallType) return false;
  const wanted = fold(filter.search);
  return wanted === '' || fold(cell.code).includes(wanted) || fold(cell.customerName ?? '').includes(wanted);
}

export function countByState(cells: readonly StallCell[]): Record<StallState, number> {
  const counts = Object.fromEntries(STALL_STATES.map((state) => [state, 0])) as Record<StallState, number>;
  for (const cell of cells) counts[cell.state] += 1;
  return counts;
}

export interface BuildingGroup {
  readonly building: string;
  readonly cells: readonly StallCell[];
}

/** Groups cells by building; the buildings stand in the order of their first stalls. */
export function groupByBuilding(cells: readonly StallCell[]): BuildingGroup[] {
  return [...Map.groupBy(cells, (cell) => cell.building)].map(([building, group]) => ({ building, cells: group }));
}

type Query = Readonly<Record<string, unknown>>;

/** The filter lives in the address, so that a view can be kept, shared and gone back to. */
export function filterFromQuery(query: Query): StallFilter {
  const word = (name: string) => {
    const value = query[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    state: STALL_STATES.find((state) => state === query['state']) ?? null,
    building: word('building'),
    stallType: word('type'),
    search: (word('q') ?? '').slice(0, MAX_SEARCH_LENGTH),
  };
}

export function queryFromFilter(filter: StallFilter): Record<string, string> {
  return {
    ...(filter.state && { state: filter.state }),
    ...(filter.building && { building: filter.building }),
    ...(filter.stallType && { type: filter.stallType }),
    ...(filter.search && { q: filter.search }),
  };
}
