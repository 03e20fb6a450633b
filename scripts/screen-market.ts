import { setTimeout } from 'node:timers/promises';
import type { StallState } from '@openprepay/contract';
import type { Site } from '@openprepay/simulator';
import type { TestMarket } from '../test/system/support.ts';

/*
 * The first site with a little of everything going on, for pictures of it. Every state is brought about on the wire.
 */

const WITHIN_MS = 20 * 60_000;
const LOOK_MS = 1_000;
const HEAVY_LOAD_W = 4_000;

interface SceneOf {
  /** Of all stalls with one tenant and both meters, which one. */
  readonly place: number;
  readonly shows: StallState;
  readonly balanceFen?: number;
}

/** What happens at some of the market's first stalls. */
const SCENES = {
  low: { place: 2, shows: 'low_balance', balanceFen: 15_00 },
  cut: { place: 6, shows: 'arrears_cut', balanceFen: 1_50 },
  forcedOn: { place: 9, shows: 'forced_on' },
  offline: { place: 12, shows: 'offline' },
  stuck: { place: 15, shows: 'exception', balanceFen: 80 },
  hold: { place: 18, shows: 'hold' },
  forcedOff: { place: 21, shows: 'forced_off' },
} as const satisfies Record<string, SceneOf>;
type Scene = keyof typeof SCENES;
const SCENE_NAMES = Object.keys(SCENES) as Scene[];
const LEAST_BALANCE_FEN = 60_00;
const TOP_UPS_FEN = [100_00, 200_00, 50_00, 300_00, 500_00];

interface Stage {
  readonly code: string;
  readonly electricity: string;
}

/** The stall of each scene: with an account of its own and both meters. */
function stagesOf(site: Site): Record<Scene, Stage> {
  const ordinary = site.accounts.flatMap(({ stalls: [code, second], creditLimitFen }) => {
    const stall = site.stalls.find((candidate) => candidate.code === code);
    const electricity = stall?.meters.find(({ kind }) => kind === 'electricity')?.serial;
    if (!code || second || creditLimitFen > 0 || stall?.protected || stall?.meters.length !== 2 || !electricity)
      return [];
    return [{ code, electricity }];
  });
  const stages = SCENE_NAMES.map((scene) => [scene, ordinary[SCENES[scene].place]]);
  return Object.fromEntries(stages) as Record<Scene, Stage>;
}

export function withSceneBalances(site: Site): Site {
  const stages = stagesOf(site);
  const balances = new Map(
    SCENE_NAMES.map((scene): [string, number | undefined] => [
      stages[scene].code,
      (SCENES[scene] as SceneOf).balanceFen,
    ]),
  );
  const accounts = site.accounts.map((account) => ({
    ...account,
    openingBalanceFen: balances.get(account.stalls[0] ?? '') ?? Math.max(account.openingBalanceFen, LEAST_BALANCE_FEN),
  }));
  return { ...site, accounts };
}

const gridOf = (market: TestMarket) => market.api('grid', { params: { marketId: market.marketId } });

/** Waits until nothing is missing any more, looking once a second. */
async function until(missing: () => Promise<readonly string[]>): Promise<void> {
  const endMs = performance.now() + WITHIN_MS;
  for (;;) {
    const left = await missing();
    if (left.length === 0) return;
    if (performance.now() > endMs) throw new Error(`still waiting for ${left.join(', ')}`);
    await setTimeout(LOOK_MS);
  }
}

async function untilCommissioned(market: TestMarket): Promise<void> {
  await until(async () => {
    const { summary, stalls } = await gridOf(market);
    const switching = stalls.filter(({ meters }) => meters.some((meter) => meter.switching)).map(({ code }) => code);
    return summary.metersRead < summary.meters ? ['every meter read', ...switching] : switching;
  });
}

/** Lets it all happen, and waits until the grid shows it. @returns what stands in an address behind a colon */
export async function play(market: TestMarket): Promise<Readonly<Record<string, string>>> {
  const stages = stagesOf(market.site);
  const meter = (scene: Scene) => market.simulator.electricity(stages[scene].electricity);
  await untilCommissioned(market);

  meter('stuck').stuck = true;
  for (const scene of ['cut', 'stuck'] as const) meter(scene).setLoad(HEAVY_LOAD_W);
  for (const scene of ['forcedOn', 'forcedOff'] as const) {
    const { meters } = await market.stall(stages[scene].code);
    await market.override(meters[0]?.meterId ?? '', scene === 'forcedOn' ? 'forced_on' : 'forced_off');
  }
  meter('hold').forceDecrease();
  meter('offline').disconnect();
  const used = new Set(Object.values(stages).map(({ code }) => code));
  const payers = market.site.accounts.filter(({ stalls: [code] }) => code && !used.has(code));
  for (const [i, amountFen] of TOP_UPS_FEN.entries()) await market.topUp(payers[i]?.stalls[0] ?? '', amountFen);

  await until(async () => {
    const { stalls } = await gridOf(market);
    const cells = new Map(stalls.map((cell) => [cell.code, cell]));
    const missing = SCENE_NAMES.filter((scene) => cells.get(stages[scene].code)?.state !== SCENES[scene].shows);
    const open = cells.get(stages.cut.code)?.meters.filter(({ switchState }) => switchState !== 'off') ?? [];
    return [...missing, ...open.map(({ kind }) => `${kind} off`)];
  });
  return deskWork(market, stages, payers[0]?.stalls[0] ?? '', payers[1]?.stalls[0] ?? '');
}

/** What the office does meanwhile: a request, a hand-over, a list of meters that are kept on. */
async function deskWork(
  market: TestMarket,
  stages: Record<Scene, Stage>,
  leaving: string,
  coming: string,
): Promise<Readonly<Record<string, string>>> {
  const { marketId, api } = market;
  const params = { marketId };
  const cut = await market.stall(stages.cut.code);
  const from = { marketId, accountId: (await market.stall(leaving)).account?.accountId ?? '' };
  const to = (await market.stall(coming)).account?.accountId ?? '';
  const { stalls } = await api('account', { params: from });
  const act = { kind: 'refund_cash', accountId: from.accountId, amountFen: 10_00 } as const;
  await api('requestApproval', { params, body: { requestId: crypto.randomUUID(), act, reason: '商户退租' } });
  const moveOutId = crypto.randomUUID();
  const stallIds = stalls.map(({ stallId }) => stallId);
  const body = { moveOutId, stallIds, to: { accountId: to }, note: '转让档位' };
  await api('transferStalls', { params: from, body });
  const meterIds = (await market.stall(stages.low.code)).meters.map(({ meterId }) => meterId);
  const order = { override: 'forced_on', until: null, includeProtected: false } as const;
  const { listHash } = await api('previewMass', { params, body: { select: { meterIds }, ...order } });
  const massId = crypto.randomUUID();
  await api('startMass', {
    params,
    body: { massId, meterIds, skippedIds: [], ...order, listHash, reason: '节日保供电' },
  });
  const batchId = crypto.randomUUID();
  const all = (await api('meters', { params, query: { pageSize: 12 } })).meters.map(({ meterId }) => meterId);
  await api('startRead', { params, body: { batchId, meterIds: all, reason: '抄表核对' } });
  const { receipts } = await api('receipts', { params, query: {} });
  const { plans } = await api('pricePlans', { params });
  return {
    stallId: cut.stallId,
    meterId: cut.meters[0]?.meterId ?? '',
    accountId: from.accountId,
    txId: receipts[0]?.txId ?? '',
    planId: plans[0]?.planId ?? '',
    moveOutId,
    massId,
    batchId,
    meterIds: all.join(','),
  };
}
