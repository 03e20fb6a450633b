import type { ApprovalAct, Operator } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { minute, reportOf } from '../../test-support/market.ts';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import { putGridPrice, setPriceCap } from '../prices/cap.ts';
import { discardDraft, saveDraft } from '../prices/drafts.ts';
import { pricePlan } from '../prices/plans.ts';
import { intake } from '../readings/index.ts';
import { settleMarket } from '../settlement/index.ts';
import { decideApproval, requestApproval, withdrawApproval } from './service.ts';

const DAY_MS = 86_400_000;
let counter: Counter;
let marketId: string;
let planId: string;

beforeEach(async () => {
  counter = await openCounter({ meters: 2 });
  ({ marketId, planId } = counter.market);
});

const id = () => uuidV7(counter.clock.now());
const rule = (energy: string) => ({
  kind: 'flat',
  parts: [
    { name: 'energy', price: energy },
    { name: 'loss', price: '0.05' },
  ],
});
const who = () => ({ marketId, operatorId: counter.finance.operatorId });
const plan = () => pricePlan(counter.ctx.db, marketId, planId, counter.clock.now());
const inDays = (days: number) => new Date(counter.clock.now().getTime() + days * DAY_MS);

async function drafted(energy = '0.7', validFrom = inDays(1)) {
  const { draft } = await plan();
  const draftId = draft?.draftId ?? id();
  const basedOn = draft === null ? null : new Date(draft.changedAt);
  await saveDraft(counter.ctx, who(), planId, { draftId, validFrom, rule: rule(energy) }, basedOn);
  return actOf();
}

async function actOf(shadow: { month: string; chargedBy: null } | null = null): Promise<ApprovalAct> {
  const { draft } = await plan();
  return { kind: 'publish_price', planId, draftId: draft?.draftId ?? '', changedAt: draft?.changedAt ?? '', shadow };
}

const request = (act: ApprovalAct, operator: Operator = counter.finance) =>
  requestApproval(counter.ctx, marketId, { requestId: id(), act, reason: 'new tariff of the grid' }, operator);
const decide = (approvalId: string, decision: 'approve' | 'reject' = 'approve') =>
  decideApproval(counter.ctx, marketId, approvalId, { decision }, counter.manager);
const refused = (code: string) => expect.objectContaining({ code });

test('a draft becomes the next version when a second person agrees, and prices nothing of before', async () => {
  const asked = await request(await drafted());
  expect(asked.subject).toBe(`price_plan:${planId}`);
  expect(asked.facts).toEqual({
    planName: 'standard',
    meterKind: 'electricity',
    marketDefault: true,
    ownAccounts: '0',
    version: '2',
    validFrom: '2026-03-03T02:00:00.000Z',
    ruleKind: 'flat',
    energyBefore: '0.853200',
    energyAfter: '0.700000',
    passThrough: 'loss 0.050000',
    priceCap: 'warn',
    capVerdict: 'unknown',
  });
  expect(Object.keys(asked.facts).slice(0, 3)).toEqual(['planName', 'meterKind', 'marketDefault']);
  await expect(
    decideApproval(counter.ctx, marketId, asked.approvalId, { decision: 'approve' }, counter.finance),
  ).rejects.toEqual(refused('approvals.own_request'));
  expect((await decide(asked.approvalId)).result).toEqual({ version: '2' });
  expect(await plan()).toMatchObject({ inForce: 1, draft: null, versions: [{ version: 2 }, { version: 1 }] });
  const [entry] = await counter.ctx.db.query<{ after: object }>(
    `select after from audit where action = 'prices.publish' and market_id = $1`,
    [marketId],
  );
  expect(entry?.after).toMatchObject({ version: 2, approvalId: asked.approvalId });
});

test('while it waits it cannot be changed or asked for twice; taken back, refused or too old, it can again', async () => {
  const endings = [
    (approvalId: string) => withdrawApproval(counter.ctx, marketId, approvalId, counter.finance),
    (approvalId: string) => decide(approvalId, 'reject'),
    async () => counter.clock.advance(8 * DAY_MS),
  ];
  for (const [index, end] of endings.entries()) {
    const act = await drafted(`0.7${index}`, inDays(30));
    const { approvalId } = await request(act);
    expect((await plan()).draft?.approvalId).toBe(approvalId);
    await expect(drafted('0.9')).rejects.toEqual(refused('prices.draft_submitted'));
    await expect(request(act, counter.manager)).rejects.toEqual(refused('prices.draft_submitted'));
    const { draft } = await plan();
    const thrownAway = discardDraft(counter.ctx, who(), planId, draft?.draftId ?? '');
    await expect(thrownAway).rejects.toEqual(refused('prices.draft_submitted'));
    await end(approvalId);
    expect((await plan()).draft?.approvalId).toBeNull();
  }
  await drafted('0.9');
});

test('what was read is what is asked for', async () => {
  const act = await drafted('0.7');
  await drafted('0.8');
  await expect(request(act)).rejects.toEqual(refused('prices.draft_changed'));
});

test('a version never begins before it is published, nor before the one before it', async () => {
  await expect(request(await drafted('0.7', inDays(-1)))).rejects.toEqual(refused('prices.begins_in_the_past'));
  const { approvalId } = await request(await drafted('0.7', inDays(2)));
  counter.clock.advance(3 * DAY_MS);
  await expect(decide(approvalId)).rejects.toEqual(refused('prices.begins_in_the_past'));
  // The request is still pending: the one who asked takes it back and dates it anew.
  await withdrawApproval(counter.ctx, marketId, approvalId, counter.finance);
  const { approvalId: again } = await request(await drafted('0.7', inDays(5)));
  await decide(again);
  await expect(request(await drafted('0.6', inDays(4)))).rejects.toEqual(refused('prices.begins_before_the_last'));
});

test('above the grid’s price the market warns, or refuses; a price that is not noted is refused too then', async () => {
  const note = (price: string) =>
    putGridPrice(counter.ctx, who(), { kind: 'electricity', month: '2026-03' }, { price, tariffs: null });
  await setPriceCap(counter.ctx, who(), 'refuse', 'as the law says');
  const act = await drafted('0.7');
  await expect(request(act)).rejects.toEqual(refused('prices.no_grid_price'));
  await note('0.699999');
  await expect(request(act)).rejects.toEqual(refused('prices.above_grid'));
  await setPriceCap(counter.ctx, who(), 'warn', 'until April');
  const asked = await request(act);
  expect(asked.facts).toMatchObject({
    priceCap: 'warn',
    capVerdict: 'over',
    capMonth: '2026-03',
    capEnergy: '0.700000',
    capGrid: '0.699999',
  });
  await setPriceCap(counter.ctx, who(), 'refuse', 'again');
  await expect(decide(asked.approvalId)).rejects.toEqual(refused('prices.above_grid'));
  await note('0.7');
  expect((await decide(asked.approvalId)).state).toBe('approved');
});

test('a past month priced with the draft is among the facts', async () => {
  for (const [at, total] of [
    [0, 0],
    [1_440, 10_000],
  ] as const) {
    const { market, ctx } = counter;
    await intake(
      ctx.db,
      market.meters.map(({ meterId }, index) => reportOf(market, meterId, at, total * index)),
    );
  }
  counter.clock.set(minute(60_000));
  await settleMarket(counter.ctx, marketId);
  await drafted('0.9');
  const { facts } = await request(await actOf({ month: '2026-03', chargedBy: null }));
  expect(facts).toMatchObject({
    shadowMonth: '2026-03',
    shadowDataAt: minute(60_000).toISOString(),
    shadowAccounts: '2',
    shadowMore: '1',
    shadowLess: '0',
    shadowSkipped: '0',
    shadowChargedFen: 853,
    shadowWouldBeFen: 950,
  });
});

test('a month that cannot be priced yet is refused, and nobody is asked', async () => {
  await drafted('0.9');
  const asked = request(await actOf({ month: '2026-12', chargedBy: null }));
  await expect(asked).rejects.toEqual(refused('prices.month_not_over'));
  expect((await plan()).draft?.approvalId).toBeNull();
});

test('two who agree at once publish once', async () => {
  const { approvalId } = await request(await drafted());
  const both = await Promise.allSettled([decide(approvalId), decide(approvalId)]);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect((await plan()).versions).toHaveLength(2);
});
