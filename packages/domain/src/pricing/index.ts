export { type Charge, chargeFor } from './charge.ts';
export { type SettlementPeriod, settlementCutOff } from './cut-off.ts';
export { type FlatRule, type PricePart, type PriceRule, parseRule, unitPrice } from './rule.ts';
export {
  cutSegments,
  type MeterValue,
  type PlanVersion,
  type PricedSegment,
  priceSegments,
  type Segment,
  versionAt,
} from './segments.ts';
