import type { DataScope } from '@openprepay/contract';
import { text } from '../locales/index.ts';

export interface Place {
  readonly marketId: string;
  readonly name: string;
  readonly buildings: readonly { readonly buildingId: string; readonly name: string }[];
}

/** A scope in names; what the reader himself may not see is told as such. */
export function scopeText(scope: DataScope, places: readonly Place[]): string {
  if (scope.kind === 'group') return text('scope.group');
  const nameOf = (marketId: string) => places.find((one) => one.marketId === marketId)?.name ?? text('scope.unknown');
  if (scope.kind === 'markets') return scope.marketIds.map(nameOf).join(text('common.separator'));
  const buildings = places.find((one) => one.marketId === scope.marketId)?.buildings ?? [];
  const names = scope.buildingIds.map(
    (buildingId) => buildings.find((one) => one.buildingId === buildingId)?.name ?? text('scope.unknown'),
  );
  return `${nameOf(scope.marketId)} · ${names.join(text('common.separator'))}`;
}
