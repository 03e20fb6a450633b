import { assert, type NanoYuan, type Quantity, quantity } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import { type Charge, chargeFor } from './charge.ts';
import { type PriceRule, unitPrice } from './rule.ts';

/** What a meter showed at an instant: Wh after CT, or litres. */
export interface MeterValue {
  readonly readAt: Date;
  readonly total: Quantity;
}

export interface PlanVersion {
  readonly planId: string;
  readonly version: number;
  readonly validFrom: Date;
  readonly rule: PriceRule;
}

/** Use between two readings that one version of a plan prices. */
export interface Segment {
  readonly from: MeterValue;
  readonly to: MeterValue;
  readonly version: PlanVersion;
}

export type PricedSegment = Segment & Charge & { readonly exactBefore: NanoYuan };

/** The version that holds at an instant: the last one valid by then, or null before the first. */
export function versionAt(versions: readonly PlanVersion[], at: Date): PlanVersion | null {
  let found: PlanVersion | null = null;
  for (const version of versions) {
    if (version.validFrom <= at && (found === null || version.validFrom > found.validFrom)) found = version;
  }
  return found;
}

/**
 * Joins consecutive readings as far as one version prices them. Each interval between two readings is priced by the
 * version in force at its start, so every segment begins and ends at a reading and none crosses a version.
 * @param readings in order of time, the last settled one first; fewer than two give no segment
 * @throws pricing.no_version when an interval begins before the first version
 */
export function cutSegments(readings: readonly MeterValue[], versions: readonly PlanVersion[]): Segment[] {
  const segments: Segment[] = [];
  let open: Segment | undefined;
  for (const [index, to] of readings.entries()) {
    const from = readings[index - 1];
    if (from === undefined) continue;
    assert(from.readAt < to.readAt && from.total <= to.total, 'good readings rise with time', { from, to });
    const version = versionAt(versions, from.readAt);
    if (version === null) {
      throw domainError('pricing.no_version', `no price was in force at ${from.readAt.toISOString()}`);
    }
    if (open?.version === version) {
      open = { ...open, to };
      segments[segments.length - 1] = open;
    } else {
      open = { from, to, version };
      segments.push(open);
    }
  }
  return segments;
}

/** Prices segments one after the other, the exact sum carried from each to the next. */
export function priceSegments(exactBefore: NanoYuan, segments: readonly Segment[]): PricedSegment[] {
  let exact = exactBefore;
  return segments.map((segment) => {
    const use = quantity(segment.to.total - segment.from.total);
    const charge = chargeFor(exact, use, unitPrice(segment.version.rule));
    const priced = { ...segment, ...charge, exactBefore: exact };
    exact = charge.exactAfter;
    return priced;
  });
}
