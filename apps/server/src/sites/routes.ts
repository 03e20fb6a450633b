import { type Operator, seesMoney } from '@openprepay/contract';
import type { Act } from '../devices/index.ts';
import type { Handlers } from '../platform/handlers.ts';
import { templateFile } from '../platform/sheet/files.ts';
import { createBuilding, listBuildings, renameBuilding, setBuildingTimes } from './buildings.ts';
import { gridOf } from './grid.ts';
import { createMarket, renameMarket } from './markets.ts';
import { stallSheet } from './register/columns.ts';
import { importStalls, listStallImports, undoStallImport } from './register/import.ts';
import { listStalls } from './register/list.ts';
import { createStall, deleteStall, updateStall } from './register/stalls.ts';
import { listMarkets } from './service.ts';
import { stallDetail } from './stall.ts';
import { gridWithoutMoney, stallWithoutMoney } from './without-money.ts';

const actOf = ({ marketId }: { readonly marketId: string }, { operatorId }: Operator): Act => ({
  marketId,
  operatorId,
});

export const sitesRoutes = {
  async markets(ctx, { program, operator }) {
    const markets = await listMarkets(ctx.db, operator.scope);
    return { at: ctx.clock.now().toISOString(), clockSpeed: program.clockSpeed, markets };
  },
  async createMarket(ctx, { operator, body: { marketId, ...market } }) {
    await createMarket(ctx, { marketId, operatorId: operator.operatorId }, { ...market, name: market.name.trim() });
    return null;
  },
  async renameMarket(ctx, { params, operator, body: { name } }) {
    await renameMarket(ctx, actOf(params, operator), name.trim());
    return null;
  },
  async grid(ctx, { params, buildingIds, operator }) {
    const grid = await gridOf(ctx.db, ctx.clock, params.marketId, buildingIds);
    return seesMoney(operator.role) ? grid : gridWithoutMoney(grid);
  },
  async stall(ctx, { params, operator }) {
    const stall = await stallDetail(ctx.db, ctx.clock, params.marketId, params.stallId);
    return seesMoney(operator.role) ? stall : stallWithoutMoney(stall);
  },
  async stalls(ctx, { params, query, buildingIds }) {
    return listStalls(ctx.db, params.marketId, query, buildingIds);
  },
  async createStall(ctx, { params, operator, body: { stallId, ...data } }) {
    await createStall(ctx, actOf(params, operator), stallId, data);
    return null;
  },
  async updateStall(ctx, { params, operator, body }) {
    await updateStall(ctx, actOf(params, operator), params.stallId, body);
    return null;
  },
  async deleteStall(ctx, { params, operator }) {
    await deleteStall(ctx, actOf(params, operator), params.stallId);
    return null;
  },
  async importStallsTemplate(_ctx, { query }) {
    return templateFile(stallSheet, query.language ?? 'zh');
  },
  async importStalls(ctx, { params, operator, body: { fileName, base64, dryRun, language = 'zh' } }) {
    const bytes = Buffer.from(base64, 'base64');
    return importStalls(ctx, actOf(params, operator), { fileName, bytes, dryRun, language });
  },
  async stallImports(ctx, { params }) {
    return listStallImports(ctx.db, params.marketId);
  },
  async undoStallImport(ctx, { params, operator, body: { note } }) {
    return { stalls: await undoStallImport(ctx, actOf(params, operator), params.importId, note) };
  },
  buildings: (ctx, { params, buildingIds }) => listBuildings(ctx.db, params.marketId, buildingIds),
  async createBuilding(ctx, { params, body: { buildingId, ...data }, operator }) {
    await createBuilding(ctx, { ...params, buildingId, operatorId: operator.operatorId }, data);
    return null;
  },
  async renameBuilding(ctx, { params, body, operator }) {
    await renameBuilding(ctx, { ...params, operatorId: operator.operatorId }, body.name);
    return null;
  },
  async setBuildingTimes(ctx, { params, body, operator }) {
    await setBuildingTimes(ctx, { ...params, operatorId: operator.operatorId }, body);
    return null;
  },
} satisfies Partial<Handlers>;
