import type { Operator } from '@openprepay/contract';
import { NB_CODECS } from '@openprepay/protocols/nbcodec';
import type { Handlers } from '../platform/handlers.ts';
import { templateFile } from '../platform/sheet/files.ts';
import { catalogue } from './catalogue.ts';
import { claimDevice } from './claim.ts';
import { listExceptions } from './exceptions.ts';
import { listGateways } from './gateway-list.ts';
import { createGateway, retireGateway, updateGateway } from './gateways.ts';
import { meterSheet } from './import/columns.ts';
import { importMeters } from './import/import.ts';
import { listImports, undoImport } from './import/undo.ts';
import { readMeterCard } from './meter-card.ts';
import { type Act, bindMeter, createMeter, unbindMeter, updateMeter } from './meters.ts';
import { listNbProducts, removeNbProduct, saveNbProduct } from './nb-products.ts';
import { chosenMeters, listMeters } from './register-page.ts';
import { listUnclaimed } from './unclaimed.ts';

const actOf = (params: { marketId: string }, operator: Operator): Act => ({
  marketId: params.marketId,
  operatorId: operator.operatorId,
});

const instant = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));

export const devicesRoutes = {
  async unclaimedDevices(ctx, { query }) {
    return listUnclaimed(ctx.db, query);
  },
  async exceptions(ctx, { params, query, buildingIds }) {
    return listExceptions(ctx.db, params.marketId, query, buildingIds);
  },
  async meterModels() {
    return [...catalogue];
  },
  async meters(ctx, { params, query, buildingIds }) {
    return listMeters(ctx.db, params.marketId, query, buildingIds);
  },
  async chosenMeters(ctx, { params, body, buildingIds }) {
    return chosenMeters(ctx.db, params.marketId, body, buildingIds);
  },
  async meter(ctx, { params }) {
    return readMeterCard(ctx.db, params.marketId, params.meterId);
  },
  async createMeter(ctx, { params, operator, body }) {
    return { meterId: await createMeter(ctx, actOf(params, operator), body) };
  },
  async updateMeter(ctx, { params, operator, body }) {
    await updateMeter(ctx, actOf(params, operator), params.meterId, body);
    return null;
  },
  async bindMeter(ctx, { params, operator, body }) {
    const { stallId, at, start = null } = body;
    await bindMeter(ctx, actOf(params, operator), { meterId: params.meterId, stallId, at: instant(at), start });
    return null;
  },
  async unbindMeter(ctx, { params, operator, body: { at, note } }) {
    await unbindMeter(ctx, actOf(params, operator), { meterId: params.meterId, at: instant(at), note });
    return null;
  },
  async gateways(ctx, { params, query }) {
    return listGateways(ctx.db, params.marketId, query);
  },
  async createGateway(ctx, { params, operator, body }) {
    await createGateway(ctx, actOf(params, operator), body);
    return null;
  },
  async updateGateway(ctx, { params, operator, body }) {
    await updateGateway(ctx, actOf(params, operator), params, body);
    return null;
  },
  async retireGateway(ctx, { params, operator, body }) {
    await retireGateway(ctx, actOf(params, operator), params, body.note);
    return null;
  },
  async nbProducts(ctx, { params }) {
    return { products: await listNbProducts(ctx.db, params.marketId), codecs: NB_CODECS.map(({ name }) => name) };
  },
  async saveNbProduct(ctx, { params, operator, body }) {
    return { pushPath: await saveNbProduct(ctx, actOf(params, operator), params, body) };
  },
  async removeNbProduct(ctx, { params, operator, body }) {
    await removeNbProduct(ctx, actOf(params, operator), params, body.note);
    return null;
  },
  async claimDevice(ctx, { params, operator, body }) {
    return { meterId: await claimDevice(ctx, actOf(params, operator), body) };
  },
  async importMetersTemplate(_ctx, { query }) {
    return templateFile(meterSheet, query.language ?? 'zh');
  },
  async importMeters(ctx, { params, operator, body }) {
    const { fileName, base64, dryRun, language = 'zh' } = body;
    const bytes = Buffer.from(base64, 'base64');
    return importMeters(ctx, actOf(params, operator), { fileName, bytes, dryRun, language });
  },
  async meterImports(ctx, { params }) {
    return listImports(ctx.db, params.marketId);
  },
  async undoMeterImport(ctx, { params, operator, body }) {
    return { meters: await undoImport(ctx, actOf(params, operator), params.importId, body.note) };
  },
} satisfies Partial<Handlers>;
