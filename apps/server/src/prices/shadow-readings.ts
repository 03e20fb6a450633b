import {
  type BillingState,
  type ChargedPart,
  type MeterValue,
  type PriceRule,
  parseRule,
  partOfCharge,
  tariffBorders,
} from '@openprepay/domain';
import type { Queryable } from '../platform/database.ts';
import { AboutBorders } from './about-borders.ts';
import { type Stretch, type StretchReadings, stretchReadings, type Wanted } from './shadow-readings-store.ts';
import { type ChargedStretch, type SplitCharge, splitCharges } from './shadow-store.ts';

/** Charges whose readings are held at once. */
const CHARGES_A_BATCH = 200;

export interface RuleThere {
  readonly marketId: string;
  readonly rule: PriceRule;
  readonly zone: string;
}

/** The readings of one of the stretches that were asked for; made when they are needed, for all together are many. */
export type ReadingsOf = (index: number) => MeterValue[];

/** As many readings of each stretch as the rule needs to come to exactly what all of them come to. */
export async function readingsFor(
  db: Queryable,
  { marketId, rule, zone }: RuleThere,
  stretches: readonly Stretch[],
): Promise<ReadingsOf> {
  const ends = (await stretchReadings(db, marketId, stretches, wantedBy(rule))).map(valuesOf);
  if (!isByTime(rule) || stretches.length === 0) return (index) => ends[index] ?? [];
  const first = stretches.reduce((least, { fromAt }) => Math.min(least, fromAt.getTime()), Number.POSITIVE_INFINITY);
  const last = stretches.reduce((most, { toAt }) => Math.max(most, toAt.getTime()), Number.NEGATIVE_INFINITY);
  const borders = tariffBorders(rule.calendar, zone, new Date(first), new Date(last));
  const about = await AboutBorders.read(db, marketId, stretches, borders);
  return (index) => about.within(stretches[index], ends[index] ?? []);
}

/**
 * One price: the ends. Times of use by the time of readings: what lies between two readings of one tariff is all of it, so beside
 * the ends only those about the tariffs' borders. By registers: where each interval's registers counted what its total did, so did
 * those of all; but under steps each interval that a step ends in is divided for itself.
 */
function wantedBy(rule: PriceRule): Wanted {
  if (!('by' in rule) || isByTime(rule)) return 'ends';
  return rule.kind === 'tou' ? 'uneven' : 'all';
}

type ByTime = Extract<PriceRule, { readonly by: unknown }> & { readonly by: 'intervals' };
const isByTime = (rule: PriceRule): rule is ByTime => 'by' in rule && rule.by === 'intervals';

function valuesOf({ readAts, totals, tariffs }: StretchReadings): MeterValue[] {
  return readAts.flatMap((at, index) => {
    const total = totals[index];
    if (total === undefined) return [];
    const readAt = new Date(Number(at));
    return [{ readAt, total, tariffs: tariffs?.map((register) => register[index] ?? null) ?? null }];
  });
}

/** Adds what charges that go over a border of the month had within it, made again from their readings. */
export async function withParts(
  db: Queryable,
  marketId: string,
  zone: string,
  stretches: readonly ChargedStretch[],
): Promise<(Omit<ChargedStretch, 'chargedFen'> & { readonly chargedFen: bigint })[]> {
  const splitIds = stretches.flatMap((one) => one.splitIds);
  if (splitIds.length === 0) return [...stretches];
  const charges = new Map((await splitCharges(db, marketId, splitIds)).map((charge) => [charge.chargeId, charge]));
  const split = stretches.flatMap((stretch) =>
    stretch.splitIds.flatMap((chargeId) => {
      const charge = charges.get(chargeId);
      return charge === undefined ? [] : [{ charge, stretch }];
    }),
  );
  const parts = new Map<string, ChargedPart>();
  for (const ofVersion of Map.groupBy(split, ({ charge }) => `${charge.planId} ${charge.version}`).values()) {
    for (let first = 0; first < ofVersion.length; first += CHARGES_A_BATCH) {
      const some = ofVersion.slice(first, first + CHARGES_A_BATCH);
      for (const [chargeId, part] of await partsOf(db, marketId, zone, some)) parts.set(chargeId, part);
    }
  }
  return stretches.map((stretch) => {
    let { chargedFen, opening } = stretch as { chargedFen: bigint; opening: BillingState };
    for (const chargeId of stretch.splitIds) {
      const [charge, part] = [charges.get(chargeId), parts.get(chargeId)];
      if (charge === undefined || part === undefined) continue;
      chargedFen += part.amountFen;
      if (charge.fromAt < stretch.fromAt) opening = part.before;
    }
    return { ...stretch, chargedFen, opening };
  });
}

interface Split {
  readonly charge: SplitCharge;
  readonly stretch: ChargedStretch;
}

/** What of each charge lies within its stretch; all were priced by one version. */
async function partsOf(
  db: Queryable,
  marketId: string,
  zone: string,
  split: readonly Split[],
): Promise<(readonly [string, ChargedPart])[]> {
  const rule = parseRule(split[0]?.charge.rule);
  const pieces = split.flatMap(piecesOf);
  const readingsOf = await readingsFor(db, { marketId, rule, zone }, pieces);
  const ofCharge = Map.groupBy(
    pieces.map(({ chargeId }, index) => ({ chargeId, values: readingsOf(index) })),
    ({ chargeId }) => chargeId,
  );
  return split.map(({ charge, stretch }) => {
    const { chargeId, planId, version: number, fromAt, before } = charge;
    // The second piece begins with the reading that the first one ends with.
    const values = (ofCharge.get(chargeId) ?? []).flatMap((piece, nth) => piece.values.slice(nth === 0 ? 0 : 1));
    const version = { planId, version: number, validFrom: fromAt, rule };
    return [chargeId, partOfCharge(before, version, values, stretch.fromAt, stretch.toAt, zone)];
  });
}

/** A charge up to where its stretch begins, and from there on to where the stretch or the charge ends. */
function piecesOf({ charge: { chargeId, meterId, fromAt, toAt }, stretch }: Split) {
  const begins = stretch.fromAt > fromAt ? stretch.fromAt : fromAt;
  const ends = stretch.toAt < toAt ? stretch.toAt : toAt;
  const piece = (from: Date, to: Date) => (from < to ? [{ chargeId, meterId, fromAt: from, toAt: to }] : []);
  return [...piece(fromAt, begins), ...piece(begins, ends)];
}
