import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { AmountFen, Id, Instant, MeterKindSchema, Nullable, QuantityBase } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
const ofPlan = Type.Object({ marketId: Id, planId: Id });
const ofDraft = Type.Object({ marketId: Id, planId: Id, draftId: Id });

/** Yuan per kWh, m³ or day, six decimals. */
const Price = Type.String({ pattern: '^-?\\d+\\.\\d{6}$' });
/** As a person types it; more decimals than six are refused by name. */
const PriceText = Type.String({ minLength: 1, maxLength: 20 });
export const Month = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$' });

export const PRICE_CAPS = ['off', 'warn', 'refuse'] as const;
export const PriceCap = Type.Enum([...PRICE_CAPS]);
export type PriceCap = Static<typeof PriceCap>;

/** A plan's energy prices held against the grid's own price; pass-through parts are not in them. */
export const CapVerdict = Type.Object({
  verdict: Type.Enum(['under', 'over', 'unknown']),
  /** The month whose grid price stands for the first one, where that one's is not noted yet. */
  standsIn: Nullable(Month),
  /** Each energy price above the grid's, by month. */
  over: Type.Array(
    Type.Object({
      month: Month,
      step: Nullable(Type.Integer()),
      tariff: Nullable(Type.String()),
      energy: Price,
      grid: Price,
    }),
  ),
});
export type CapVerdict = Static<typeof CapVerdict>;

/** What a rule comes to at a look: its kind as it is counted, and its lowest and highest energy price. */
const RuleFacts = {
  ruleKind: Type.Enum(['flat', 'tou', 'steps', 'steps_tou']),
  lowest: Price,
  highest: Price,
  standingPerDay: Nullable(Price),
};

export const PriceVersion = Type.Object({
  version: Type.Integer(),
  validFrom: Instant,
  /** As docs/price-plan.md shows it. */
  rule: Type.Unknown(),
  ...RuleFacts,
});
export type PriceVersion = Static<typeof PriceVersion>;

export const PriceDraft = Type.Object({
  draftId: Id,
  validFrom: Instant,
  rule: Type.Unknown(),
  ...RuleFacts,
  createdByName: Nullable(Type.String()),
  /** What was read is what is changed or asked for: sent back with both. */
  changedAt: Instant,
  /** The request that waits for a second person; while there is one the draft cannot be changed. */
  approvalId: Nullable(Id),
  cap: CapVerdict,
});
export type PriceDraft = Static<typeof PriceDraft>;

const planFields = {
  planId: Id,
  kind: MeterKindSchema,
  name: Type.String(),
  marketDefault: Type.Boolean(),
  /** Open accounts that have it as their own. */
  accounts: Type.Integer(),
  /** The number of the version in force now; null before the first. */
  inForce: Nullable(Type.Integer()),
  /** The version in force, held against this month's grid price. */
  cap: Nullable(CapVerdict),
  /** Newest first. */
  versions: Type.Array(PriceVersion),
  draft: Nullable(PriceDraft),
};
export const PricePlan = Type.Object(planFields);
export type PricePlan = Static<typeof PricePlan>;

export const PricePlans = Type.Object({ priceCap: PriceCap, plans: Type.Array(PricePlan) });
export type PricePlans = Static<typeof PricePlans>;

export const DraftContent = Type.Object({ validFrom: Instant, rule: Type.Unknown() });
export type DraftContent = Static<typeof DraftContent>;

export const GridPrice = Type.Object({
  kind: MeterKindSchema,
  month: Month,
  price: Price,
  /** Where the grid's own price has times of use: sharp, peak, flat, valley, deep valley; null where there is none. */
  tariffs: Nullable(Type.Array(Nullable(Price))),
  notedByName: Nullable(Type.String()),
  notedAt: Instant,
});
export type GridPrice = Static<typeof GridPrice>;

export const ShadowAccount = Type.Object({
  accountId: Id,
  number: Type.String(),
  customerName: Type.String(),
  use: QuantityBase,
  chargedFen: AmountFen,
  wouldBeFen: AmountFen,
});
export type ShadowAccount = Static<typeof ShadowAccount>;

export const ShadowTotals = Type.Object({
  accounts: Type.Integer(),
  use: QuantityBase,
  chargedFen: AmountFen,
  wouldBeFen: AmountFen,
  /** So many accounts would pay more, less, the same. */
  more: Type.Integer(),
  less: Type.Integer(),
  same: Type.Integer(),
});
export type ShadowTotals = Static<typeof ShadowTotals>;

export const ShadowRun = Type.Object({
  month: Month,
  /** What was charged and read by then, and no later, is in it. */
  dataAt: Instant,
  totals: ShadowTotals,
  /** Those who would pay most more first; at most `limit`. */
  rows: Type.Array(ShadowAccount),
  /** Meters that the draft cannot price, as settlement would stop at them. */
  skipped: Type.Array(Type.Object({ meterId: Id, serial: Type.String(), code: Type.String() })),
});
export type ShadowRun = Static<typeof ShadowRun>;

export const MAX_SHADOW_ROWS = 20_000;
const writers = ['admin', 'manager', 'finance'] as const;

export const pricesRoutes = {
  pricePlans: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/price-plans',
    summary: 'Every price plan with its versions, its draft, and what is in force now',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: PricePlans,
  }),
  pricePlan: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/price-plans/:planId',
    summary: 'One price plan',
    roles: ROLES,
    scope: 'building',
    params: ofPlan,
    response: PricePlan,
  }),
  createPricePlan: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/price-plans/:planId',
    summary: 'Make a plan with its first draft; its id is made by the caller, sent again it is made once',
    roles: writers,
    params: ofPlan,
    body: Type.Object({
      kind: MeterKindSchema,
      name: Type.String({ minLength: 1, maxLength: 60 }),
      draftId: Id,
      ...DraftContent.properties,
    }),
    response: PricePlan,
  }),
  setFirstPrice: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/first-prices/:kind',
    summary:
      'The first price of a kind, in force at once and by one person alone: only while no account was ever opened',
    roles: ['admin'],
    sessionOnly: true,
    params: Type.Object({ marketId: Id, kind: MeterKindSchema }),
    body: Type.Object({ planId: Id, name: Type.String({ minLength: 1, maxLength: 60 }), price: PriceText }),
    response: PricePlan,
  }),
  savePriceDraft: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/price-plans/:planId/drafts/:draftId',
    summary: 'Begin a draft of the next version, or change it',
    roles: writers,
    params: ofDraft,
    body: Type.Object({
      ...DraftContent.properties,
      /** `changedAt` of what was read; null for a new one. */
      basedOn: Nullable(Instant),
    }),
    response: PricePlan,
  }),
  discardPriceDraft: defineRoute({
    method: 'DELETE',
    path: '/api/markets/:marketId/price-plans/:planId/drafts/:draftId',
    summary: 'Throw a draft away',
    roles: writers,
    params: ofDraft,
    response: PricePlan,
  }),
  makeDefaultPlan: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/price-plans/:planId/default',
    summary: 'Price with this plan every account that has none of its own',
    roles: ['admin', 'manager'],
    params: ofPlan,
    body: Type.Object({ reason: Type.String({ minLength: 2, maxLength: 200 }) }),
    response: PricePlan,
  }),
  shadowRun: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/price-plans/:planId/drafts/:draftId/shadow',
    summary: 'What a past month would have cost its accounts by a draft; nothing is written',
    roles: [...writers, 'auditor'],
    params: ofDraft,
    query: Type.Object({
      month: Month,
      /** Only what this plan charged; what every plan of the kind charged where nothing is said. */
      chargedBy: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_SHADOW_ROWS })),
    }),
    response: ShadowRun,
  }),
  gridPrices: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/grid-prices',
    summary: 'The grid’s and the waterworks’ own prices by month, newest first',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: Type.Array(GridPrice),
  }),
  putGridPrice: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/grid-prices/:kind/:month',
    summary: 'Note the grid’s own price of a month, or put it right',
    roles: writers,
    params: Type.Object({ marketId: Id, kind: MeterKindSchema, month: Month }),
    body: Type.Object({
      price: PriceText,
      /** In the order above; null where the grid's price has no times of use. */
      tariffs: Nullable(Type.Array(Nullable(PriceText), { minItems: 5, maxItems: 5 })),
    }),
    response: Type.Null(),
  }),
  setPriceCap: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/price-cap',
    summary: 'What becomes of a price above the grid’s: nothing, a warning, or it is refused',
    roles: ['admin', 'manager'],
    params: inMarket,
    body: Type.Object({ priceCap: PriceCap, reason: Type.String({ minLength: 2, maxLength: 200 }) }),
    response: Type.Null(),
  }),
} as const;
