export { type Calendar, TARIFFS, type Tariff } from './calendar.ts';
export { type BillingState, type Charge, chargeReadings, newBilling, type PlanVersion, versionAt } from './charge.ts';
export { type Correction, correctInterval, type Interval } from './correction.ts';
export { type SettlementPeriod, settlementCutOff } from './cut-off.ts';
export {
  type ExplainedCharge,
  type ExplainedCorrection,
  type Explanation,
  explainCharges,
  type HistoryReading,
} from './explain.ts';
export type { ExplainedProvisional, ExplainedTakeBack } from './explain-provisional.ts';
export { formatExplanation } from './explain-text.ts';
export type { MeterValue } from './meter-value.ts';
export { type PricePart, unitPrice } from './parts.ts';
export { billingPeriodOf, WHOLE_TENURE } from './period.ts';
export {
  type AboveGrid,
  type CapFinding,
  energyPrice,
  energyRange,
  type GridPrice,
  holdAgainstGrid,
  PASS_THROUGH,
  type UnitPrice,
  unitPrices,
} from './price-cap.ts';
export {
  averageUse,
  chargeProvisionally,
  type DayEnd,
  lastValidDays,
  type Outage,
  PROVISIONAL_DAYS,
  PROVISIONAL_LOOKS_BACK_DAYS,
  type ValidDay,
} from './provisional.ts';
export { type FlatRule, type PriceRule, parseRule, type StepsRule, type StepsTouRule, type TouRule } from './rule.ts';
export { type ChargedPart, partOfCharge, type ShadowCharge, type ShadowStretch, shadowCharge } from './shadow.ts';
export { standingDays } from './standing.ts';
export type { StepPeriod } from './steps.ts';
export { priceOfUse } from './stored-use.ts';
export { tariffBorders } from './timeline.ts';
export { averagePrice, exactCost, type PricedUse } from './use.ts';
