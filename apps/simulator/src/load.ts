import { type MeterKind, zonedParts } from '@openprepay/kernel';
import { drawInt } from './random.ts';
import type { StallType } from './site.ts';

/** Load is constant within a slot: use over any span is then exact, however often somebody looks. */
export const LOAD_SLOT_MS = 600_000;

interface Habit {
  /** Load at the busiest hour, W. */
  readonly peakW: number;
  /** Flow at the busiest hour, litres per hour. */
  readonly peakLitresPerHour: number;
  /** Percent of the peak for each hour 0–23 of the market's day. */
  readonly electricityPercent: readonly number[];
  readonly waterPercent: readonly number[];
}

const LIGHTS = [5, 5, 15, 80, 100, 100, 95, 90, 75, 60, 50, 45, 40, 35, 35, 45, 70, 80, 55, 20, 8, 5, 5, 5];
const FRIDGES = [55, 55, 58, 80, 92, 100, 100, 98, 95, 92, 90, 92, 95, 96, 96, 94, 96, 95, 85, 70, 62, 58, 56, 55];
const PUMPS = [80, 80, 82, 92, 98, 100, 100, 100, 96, 92, 90, 90, 90, 90, 90, 92, 96, 96, 92, 86, 82, 80, 80, 80];
const COLD = [72, 70, 70, 74, 80, 84, 86, 88, 90, 93, 96, 98, 100, 100, 100, 98, 95, 92, 88, 84, 80, 77, 75, 73];
const KITCHEN = [3, 3, 5, 20, 50, 70, 60, 45, 35, 45, 75, 100, 95, 60, 35, 40, 70, 100, 90, 55, 25, 10, 4, 3];
const WASHING = [1, 1, 3, 25, 50, 60, 70, 80, 80, 70, 60, 55, 45, 40, 40, 45, 60, 85, 100, 50, 10, 3, 1, 1];

const HABITS: Readonly<Record<StallType, Habit>> = {
  vegetables: { peakW: 260, peakLitresPerHour: 20, electricityPercent: LIGHTS, waterPercent: WASHING },
  fruit: { peakW: 340, peakLitresPerHour: 12, electricityPercent: LIGHTS, waterPercent: WASHING },
  meat: { peakW: 1_100, peakLitresPerHour: 75, electricityPercent: FRIDGES, waterPercent: WASHING },
  poultry: { peakW: 1_400, peakLitresPerHour: 95, electricityPercent: FRIDGES, waterPercent: WASHING },
  fish: { peakW: 2_200, peakLitresPerHour: 220, electricityPercent: PUMPS, waterPercent: WASHING },
  dry_goods: { peakW: 140, peakLitresPerHour: 2, electricityPercent: LIGHTS, waterPercent: WASHING },
  cooked_food: { peakW: 2_600, peakLitresPerHour: 80, electricityPercent: KITCHEN, waterPercent: WASHING },
  cold_store: { peakW: 5_500, peakLitresPerHour: 0, electricityPercent: COLD, waterPercent: COLD },
  restaurant: { peakW: 7_000, peakLitresPerHour: 130, electricityPercent: KITCHEN, waterPercent: KITCHEN },
  general: { peakW: 200, peakLitresPerHour: 5, electricityPercent: LIGHTS, waterPercent: WASHING },
};

/** Percent by weekday from Sunday: people shop at the weekend. */
const WEEKDAY_PERCENT = [112, 92, 90, 94, 98, 104, 115];
/** A load behind current transformers is a large one. */
const CT_LOAD_FACTOR = 4;

export interface LoadModel {
  readonly kind: MeterKind;
  readonly stallType: StallType;
  readonly ctRatio: number;
  readonly seed: number;
  readonly serial: string;
  readonly zone: string;
}

/** Load in W or litres per hour, before CT, in the slot that holds this instant: the same for the same seed. */
export function loadAt(model: LoadModel, atMs: number): number {
  const slot = Math.floor(atMs / LOAD_SLOT_MS);
  const { hour, weekday } = zonedParts(new Date(slot * LOAD_SLOT_MS), model.zone);
  const habit = HABITS[model.stallType];
  const electric = model.kind === 'electricity';
  const peak = electric ? habit.peakW * (model.ctRatio > 1 ? CT_LOAD_FACTOR : 1) : habit.peakLitresPerHour;
  const hourPercent = (electric ? habit.electricityPercent : habit.waterPercent)[hour] ?? 0;
  const sizePercent = drawInt(55, 160, model.seed, model.serial, 'size');
  const noisePercent = drawInt(75, 125, model.seed, model.serial, slot);
  const load = peak * hourPercent * (WEEKDAY_PERCENT[weekday] ?? 100) * sizePercent * noisePercent;
  return Math.floor(load / (100_000_000 * model.ctRatio));
}
