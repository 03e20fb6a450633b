export { type DraftName, publishDraft, requirePublishable } from './publish.ts';
export { createPlans, priceBook } from './service.ts';
export { runShadow, type ShadowQuestion } from './shadow.ts';
export type { NewPlan, Plan, PriceBook } from './types.ts';
