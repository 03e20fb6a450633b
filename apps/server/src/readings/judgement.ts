import { type Candidate, judgeSeries, type MeterLimits } from '@openprepay/domain';
import { assert, type MeterKind } from '@openprepay/kernel';
import { meterModels } from '@openprepay/protocols';
import type { Queryable } from '../platform/database.ts';
import { type JudgedReading, surroundings } from './store.ts';

/** What readings are judged by: a model that is not in the catalogue has neither greatest power nor modulus. */
export function limitsOf(meter: {
  readonly kind: MeterKind;
  readonly model: string;
  readonly ctRatio: number;
}): MeterLimits {
  const model = meterModels[meter.model];
  return {
    kind: meter.kind,
    ctRatio: meter.ctRatio,
    maxPerHour: model?.maxPerHour ?? null,
    modulus: model?.modulus ?? null,
  };
}

/** A reading as the register showed it, before its turn and its judgement are known. */
export type ShownReading = Omit<JudgedReading, 'turnovers' | 'suspect'> & Candidate;

export interface JudgedReadings {
  /** Those not stored yet, each meter's in order of time. */
  readonly judged: readonly (JudgedReading & ShownReading)[];
  /** Those of whose instant one is stored, or was given before, and the total of that one. */
  readonly known: readonly { readonly reading: ShownReading; readonly total: bigint }[];
}

/**
 * Judges readings against what is stored and against each other. Of two of the same instant the first counts. The meters
 * must be locked.
 * @param limits of every meter that has a reading here
 */
export async function judgeNew(
  tx: Queryable,
  marketId: string,
  shown: readonly ShownReading[],
  limits: ReadonlyMap<string, MeterLimits>,
): Promise<JudgedReadings> {
  const around = await surroundings(tx, marketId, shown);
  const firsts = new Map<string, ShownReading>();
  const known: { reading: ShownReading; total: bigint }[] = [];
  const fresh = shown.flatMap((reading, index) => {
    const { knownTotal, good } = around[index] ?? { knownTotal: null, good: [] };
    const key = `${reading.meterId} ${reading.readAt.getTime()}`;
    const total = knownTotal ?? firsts.get(key)?.total;
    if (total !== undefined) {
      known.push({ reading, total });
      return [];
    }
    firsts.set(key, reading);
    return [{ reading, good }];
  });
  const judged = [...Map.groupBy(fresh, ({ reading }) => reading.meterId)].flatMap(([meterId, ofMeter]) => {
    const ofModel = limits.get(meterId);
    assert(ofModel, 'a meter has limits', { meterId });
    const readings = ofMeter.map(({ reading }) => reading);
    const good = ofMeter.flatMap((one) => one.good);
    return judgeSeries(readings, good, ofModel).map(({ reading, suspect }) => ({ ...reading, suspect }));
  });
  return { judged, known };
}
