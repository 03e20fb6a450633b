import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { Id, Nullable } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
/** Fen. */
const Limit = Type.Integer({ minimum: 0, maximum: 100_000_000 });
const Note = Type.String({ minLength: 2, maxLength: 200 });

/** What holds for every account of a market. */
export const MarketTerms = Type.Object({
  topUpMinimumFen: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
  topUpMaximumFen: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
  /** What a tenant may take once before he pays, where his account is given no amount of its own. */
  emergencyCreditFen: Limit,
  /** What a new account is asked to lay down, where nothing else is said. */
  depositFen: Limit,
  /** An account may pay afterwards; those that do already go on. */
  postpaidAllowed: Type.Boolean(),
  /** Of each top-up, so much repays an old debt. */
  debtSharePercent: Type.Integer({ minimum: 0, maximum: 100 }),
  /** At most so much of one top-up; null: no such limit. */
  debtCapFen: Nullable(Type.Integer({ minimum: 1, maximum: 100_000_000 })),
});
export type MarketTerms = Static<typeof MarketTerms>;

export const marketTermsRoutes = {
  marketTerms: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/terms',
    summary: 'Least and greatest top-up, emergency credit, deposit, paying afterwards, and how an old debt is repaid',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: MarketTerms,
  }),
  setMarketTerms: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/terms',
    summary: 'Set them',
    roles: ['admin', 'manager'],
    params: inMarket,
    body: Type.Object({ ...MarketTerms.properties, reason: Note }),
    response: MarketTerms,
  }),
} as const;
