export { createPlans, priceBook } from './service.ts';
export type { NewPlan, Plan, PriceBook } from './types.ts';
