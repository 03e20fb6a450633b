import { uuidV7 } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { flatRule, minute, reportOf, seedMarket, type TestMarket } from '../../test-support/market.ts';
import { intake } from '../readings/index.ts';
import { settleMarket } from '../settlement/index.ts';
import { gridPrices, putGridPrice, setPriceCap } from './cap.ts';
import { createPlan, discardDraft, saveDraft } from './drafts.ts';
import { createPlans } from './index.ts';
import { makeDefault, pricePlan, pricePlans } from './plans.ts';

const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const clock = testClock(minute(10));
const ctx = await testContext(clock);
const id = () => uuidV7(clock.now());
let market: TestMarket;
let marketId = '';
let who = { marketId: '', operatorId: OPERATOR };

beforeEach(async () => {
  clock.set(minute(10));
  market = await seedMarket(ctx.db);
  marketId = market.marketId;
  who = { marketId, operatorId: OPERATOR };
});

const draft = (price: string, draftId = id(), from = 60) => ({
  draftId,
  validFrom: minute(from),
  rule: flatRule(price),
});
const plan = (planId = market.planId) => pricePlan(ctx.db, marketId, planId, clock.now());
const save = (given: ReturnType<typeof draft>, basedOn: Date | null = null, planId = market.planId) =>
  saveDraft(ctx, who, planId, given, basedOn);
const refused = (code: string) => expect.objectContaining({ code: `prices.${code}` });
const audited = async () =>
  (
    await ctx.db.query<{ action: string }>('select action from audit where market_id = $1 order by audit_id', [
      marketId,
    ])
  ).map(({ action }) => action);

test('a plan is made with its first draft; sent again it is made once, and it prices nobody yet', async () => {
  const planId = id();
  const given = draft('0.7');
  const own = { planId, kind: 'electricity', name: 'cold store' } as const;
  await createPlan(ctx, who, own, given);
  await createPlan(ctx, who, own, given);
  expect(await plan(planId)).toMatchObject({
    name: 'cold store',
    marketDefault: false,
    accounts: 0,
    inForce: null,
    versions: [],
    draft: { draftId: given.draftId, lowest: '0.700000', approvalId: null, cap: { verdict: 'unknown' } },
  });
  expect(await audited()).toEqual(['prices.create_plan']);
  await expect(createPlan(ctx, who, { ...own, planId: id() }, draft('1'))).rejects.toEqual(refused('name_taken'));
  await expect(createPlan(ctx, who, { ...own, name: 'x' }, draft('1'))).rejects.toEqual(refused('id_reused'));
  await expect(createPlan(ctx, who, { ...own, planId: market.planId, name: 'standard' }, draft('1'))).rejects.toEqual(
    refused('id_reused'),
  );
});

test('a draft changes from what was read, not over what somebody else wrote meanwhile', async () => {
  const first = draft('0.7');
  await save(first);
  const read = new Date((await plan()).draft?.changedAt ?? 0);
  await save({ ...first, rule: flatRule('0.8') }, read);
  // The same again is nothing new; anything else from the old page is refused, within the same millisecond too.
  await save({ ...first, rule: flatRule('0.8') }, read);
  await expect(save({ ...first, rule: flatRule('0.9') }, read)).rejects.toEqual(refused('draft_changed'));
  await expect(save(draft('0.9'))).rejects.toEqual(refused('another_draft'));
  expect((await plan()).draft).toMatchObject({ draftId: first.draftId, highest: '0.800000' });
  expect(await audited()).toEqual(['prices.save_draft', 'prices.save_draft']);
});

test('a rule that cannot be read is refused with its place, and nothing is stored', async () => {
  const rule = {
    kind: 'flat',
    parts: [
      { name: 'energy', price: '0.5' },
      { name: 'loss', price: '0.0000001' },
    ],
  };
  await expect(save({ ...draft('1'), rule: rule as never })).rejects.toMatchObject({
    code: 'pricing.bad_rule',
    details: { at: 'parts[1].price' },
  });
  expect((await plan()).draft).toBeNull();
});

test('a draft that was thrown away does not come back', async () => {
  const given = draft('0.7');
  await save(given);
  await discardDraft(ctx, who, market.planId, given.draftId);
  expect((await plan()).draft).toBeNull();
  await expect(discardDraft(ctx, who, market.planId, given.draftId)).rejects.toEqual(refused('no_such_draft'));
  await expect(save(given)).rejects.toEqual(refused('no_such_draft'));
});

test('grid prices are noted by month and kind, put right, and what is in force is held against this month’s', async () => {
  const note = (price: string, tariffs: (string | null)[] | null = null) =>
    putGridPrice(ctx, who, { kind: 'electricity', month: '2026-03' }, { price, tariffs });
  await note('0.9');
  expect((await plan()).cap).toMatchObject({ verdict: 'under' });
  await note('0.8', [null, '1.2', null, '0.4', null]);
  expect((await plan()).cap).toEqual({
    verdict: 'over',
    standsIn: null,
    over: [{ month: '2026-03', step: null, tariff: null, energy: '0.853200', grid: '0.800000' }],
  });
  expect(await gridPrices(ctx.db, marketId)).toMatchObject([
    { kind: 'electricity', month: '2026-03', price: '0.800000', tariffs: [null, '1.200000', null, '0.400000', null] },
  ]);
  for (const bad of ['0', '-1', 'x', '0.0000001']) {
    await expect(note(bad)).rejects.toEqual(refused('bad_grid_price'));
  }
  await setPriceCap(ctx, who, 'refuse', 'the price bureau asked');
  expect((await pricePlans(ctx.db, marketId, clock.now())).priceCap).toBe('refuse');
  expect(await audited()).toEqual(['prices.put_grid_price', 'prices.put_grid_price', 'prices.set_price_cap']);
});

test('a plan becomes the default once no use from before its first version waits to be settled', async () => {
  const planId = id();
  const versions = [{ validFrom: minute(60), rule: flatRule('0.5') }];
  await createPlans(ctx.db, marketId, [{ planId, kind: 'electricity', name: 'next', marketDefault: false, versions }]);
  const make = () => makeDefault(ctx, marketId, planId, { operatorId: OPERATOR, reason: 'new contract' });
  await expect(make()).rejects.toEqual(refused('not_in_force'));
  const meterId = market.meters[0]?.meterId ?? '';
  const read = async (at: number, total: number) => {
    clock.set(minute(at));
    await intake(ctx.db, [reportOf(market, meterId, at, total)]);
    return settleMarket(ctx, marketId);
  };
  await read(30, 0);
  await read(70, 100);
  await intake(ctx.db, [reportOf(market, meterId, 50, 50)]);
  await ctx.db.query('update meter_settlement set settled_at = $2 where market_id = $1', [marketId, minute(50)]);
  await expect(make()).rejects.toEqual(refused('use_before_it'));
  await ctx.db.query('update meter_settlement set settled_at = $2 where market_id = $1', [marketId, minute(70)]);
  await make();
  await make();
  expect(
    (await pricePlans(ctx.db, marketId, clock.now())).plans.map(({ name, marketDefault }) => [name, marketDefault]),
  ).toEqual([
    ['next', true],
    ['standard', false],
  ]);
  expect(await audited()).toEqual(['prices.make_default']);
  expect(await read(90, 200)).toMatchObject({ charges: 1, skipped: [] });
});

test('another market’s plan is not found', async () => {
  const other = await seedMarket(ctx.db);
  await expect(plan(other.planId)).rejects.toEqual(refused('no_such_plan'));
  await expect(save(draft('1'), null, other.planId)).rejects.toEqual(refused('no_such_plan'));
  expect((await pricePlans(ctx.db, marketId, clock.now())).plans).toHaveLength(1);
});
