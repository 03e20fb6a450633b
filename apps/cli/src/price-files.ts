import { type HistoryReading, type PlanVersion, parseRule, TARIFFS } from '@openprepay/domain';
import { defineErrors, type MeterKind, quantity } from '@openprepay/kernel';

const priceError = defineErrors({
  'price.bad_json': 400,
  'price.bad_plan_file': 400,
  'price.bad_readings_file': 400,
});

export interface PlanFile {
  readonly kind: MeterKind;
  readonly timeZone: string;
  readonly versions: readonly PlanVersion[];
}

const DEFAULT_ZONE = 'Asia/Shanghai';
const MAX_VERSIONS = 1_000;
const MAX_READINGS = 100_000;

/** @throws price.bad_json */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw priceError('price.bad_json', `${name} is not JSON`);
  }
}

/**
 * Reads a bare price rule, which then holds at any time, or `{"meter": "electricity" | "water", "timeZone": …, "versions":
 * [{"validFrom": "2026-03-01T00:00:00+08:00", "rule": …}]}`.
 * @throws price.bad_plan_file, and what parseRule throws
 */
export function parsePlanFile(json: unknown): PlanFile {
  if (!isObject(json)) throw priceError('price.bad_plan_file', 'a plan file is an object');
  const { meter = 'electricity', timeZone = DEFAULT_ZONE } = json;
  if (meter !== 'electricity' && meter !== 'water') {
    throw priceError('price.bad_plan_file', '"meter" is "electricity" or "water"');
  }
  if (typeof timeZone !== 'string' || !isZone(timeZone)) {
    throw priceError('price.bad_plan_file', `no such time zone: ${JSON.stringify(timeZone)}`);
  }
  const listed = 'kind' in json ? [{ validFrom: new Date(0).toISOString(), rule: json }] : json['versions'];
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > MAX_VERSIONS) {
    throw priceError(
      'price.bad_plan_file',
      `a plan has 1 to ${MAX_VERSIONS} "versions", or is itself a rule with a "kind"`,
    );
  }
  const versions = listed.map((version: unknown) => {
    const { validFrom, rule } = isObject(version) ? version : {};
    const from = instantOf(validFrom);
    if (from === null)
      throw priceError('price.bad_plan_file', '"validFrom" is not a time like 2026-03-01T00:00:00+08:00');
    return { validFrom: from, rule: parseRule(rule) };
  });
  versions.sort((a, b) => a.validFrom.getTime() - b.validFrom.getTime());
  return {
    kind: meter,
    timeZone,
    versions: versions.map((version, index) => ({ planId: 'plan', version: index + 1, ...version })),
  };
}

/**
 * Reads `[{"readAt": "2026-03-01T00:00:00+08:00", "total": 1000000, "tariffs": [0, 600000, null, 400000, null]}, …]`, whole Wh
 * or litres, tariffs in the order of TARIFFS or left out. Beside it a reading may say `"meter": "next"`: the first of the
 * meter that took the place; `"turn": 1000000000`: the register wrapped to zero before it; `"truth": true`: the later truth of
 * the reading of that time. `"missing": true`, without a total: no reading came by then, and what is since the last one is charged
 * by its average.
 * @throws price.bad_readings_file when anything else is there, or readings do not rise
 */
export function parseReadingsFile(json: unknown): HistoryReading[] {
  if (!Array.isArray(json) || json.length < 2 || json.length > MAX_READINGS) {
    throw priceError('price.bad_readings_file', `a readings file is a list of 2 to ${MAX_READINGS} readings`);
  }
  const readings = json.map(parseReading);
  let before: HistoryReading | undefined;
  for (const [index, reading] of readings.entries()) {
    if (reading.isTruth) continue;
    if (reading.isMissing) {
      if (before && before.readAt < reading.readAt) continue;
      throw priceError('price.bad_readings_file', `reading ${index + 1} is missed before the one before it`);
    }
    const isLate = before && (reading.isNextMeter ? before.readAt > reading.readAt : before.readAt >= reading.readAt);
    const isLow = before && !reading.isNextMeter && before.total > reading.total + (reading.turn ?? 0n);
    if (isLate || isLow) {
      throw priceError('price.bad_readings_file', `reading ${index + 1} is earlier or lower than the one before it`);
    }
    before = reading;
  }
  return readings;
}

function parseReading(json: unknown, index: number): HistoryReading {
  const bad = (why: string) => priceError('price.bad_readings_file', `reading ${index + 1}: ${why}`);
  const {
    readAt,
    total,
    tariffs = null,
    meter = null,
    turn = 0,
    truth = false,
    missing = false,
  } = isObject(json) ? json : {};
  const at = instantOf(readAt);
  if (at === null) throw bad('"readAt" is not a time like 2026-03-01T00:00:00+08:00');
  if (missing === true) return { readAt: at, total: quantity(0), isMissing: true };
  if (missing !== false) throw bad('"missing" is true or left out');
  if (!isCount(total)) throw bad('"total" is not a whole number of Wh or litres');
  if (!isCount(turn)) throw bad('"turn" is not a whole number of Wh or litres');
  if (meter !== null && meter !== 'next') throw bad('"meter" is "next" or left out');
  if (typeof truth !== 'boolean') throw bad('"truth" is true or left out');
  const reading = {
    readAt: at,
    total: quantity(total),
    ...(meter === 'next' ? { isNextMeter: true } : {}),
    ...(turn > 0 ? { turn: BigInt(turn) } : {}),
    ...(truth ? { isTruth: true } : {}),
  };
  if (tariffs === null) return { ...reading, tariffs: null };
  const registers: unknown[] = Array.isArray(tariffs) ? tariffs : [];
  const isWhole = (one: unknown): one is number | null => one === null || isCount(one);
  if (registers.length !== TARIFFS.length || !registers.every(isWhole)) {
    throw bad(`"tariffs" are ${TARIFFS.length} whole numbers or nulls: ${TARIFFS.join(', ')}`);
  }
  return { ...reading, tariffs: registers.map((register) => (register === null ? null : BigInt(register))) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** An instant with its offset, so that it means the same everywhere. */
function instantOf(text: unknown): Date | null {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text))
    return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
