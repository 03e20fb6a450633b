import { type DataScope, ROLES } from '@openprepay/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testContext } from '../../test-support/database.ts';
import { covers, isRaised, marketsWithin, mayGrant, scopeWithin } from './scope.ts';

/** Three markets of three buildings each. */
const MARKETS = ['a', 'b', 'c'];
const buildingsOf = (market: string) => [1, 2, 3].map((n) => `${market}${n}`);
const some = (from: string[]) => fc.subarray(from, { minLength: 1 });
const scopes: fc.Arbitrary<DataScope> = fc.oneof(
  fc.constant({ kind: 'group' } as const),
  some(MARKETS).map((marketIds) => ({ kind: 'markets', marketIds }) as const),
  fc
    .constantFrom(...MARKETS)
    .chain((marketId) =>
      some(buildingsOf(marketId)).map((buildingIds) => ({ kind: 'buildings', marketId, buildingIds }) as const),
    ),
);

/** What a scope holds, piece by piece. A market is more than its buildings, the group more than its markets. */
function pieces(scope: DataScope): string[] {
  const whole = (market: string) => [market, ...buildingsOf(market)];
  if (scope.kind === 'group') return ['group', ...MARKETS.flatMap(whole)];
  return scope.kind === 'markets' ? scope.marketIds.flatMap(whole) : [...scope.buildingIds];
}

test('one scope covers another exactly when it holds every piece of it', () => {
  fc.assert(
    fc.property(scopes, scopes, (outer, inner) => {
      const held = pieces(outer);
      expect(covers(outer, inner)).toBe(pieces(inner).every((piece) => held.includes(piece)));
    }),
  );
});

test('the database says of whole markets what is said here', async () => {
  const { db } = await testContext();
  const outers = scopes.filter(({ kind }) => kind !== 'buildings');
  const pairs = fc.sample(fc.tuple(outers, scopes), 400);
  const rows = await db.query<{ within: boolean }>(
    `select ${scopeWithin('given.scope', 'given.markets')} as within
     from unnest($1::jsonb[], $2::jsonb[]) with ordinality as given (scope, markets, n) order by n`,
    [pairs.map(([, inner]) => JSON.stringify(inner)), pairs.map(([outer]) => marketsWithin(outer))],
  );
  const said = rows.map(({ within }) => within);
  expect(said).toEqual(pairs.map(([outer, inner]) => covers(outer, inner)));
  expect(new Set(said).size).toBe(2);
});

test('nobody gives a key that may do more than he', () => {
  const given = ROLES.map((maker) => [maker, ROLES.filter((role) => mayGrant(maker, role))]);
  expect(Object.fromEntries(given)).toEqual({
    admin: [...ROLES],
    manager: ['manager', 'cashier', 'technician', 'auditor'],
    finance: [],
    cashier: [],
    technician: [],
    auditor: [],
  });
  expect(ROLES.filter(isRaised)).toEqual(['admin', 'finance']);
});
