import type {
  CollectorSessions,
  LinkEvent,
  LostMeter,
  MeterClock,
  MeterSettings,
  MeterSuccess,
  ReadNowResult,
  SweepSuccess,
} from '@openprepay/contract';
import { deskOf, settingsOf } from '../headend/index.ts';
import type { Handlers } from '../platform/handlers.ts';
import { framePage } from './frames.ts';
import { linkEventPage } from './link-events.ts';
import { CLOCK_ALARM_S, clockView, lostMeters, meterClockRows } from './lists.ts';
import { cancelRead, previewRead, readBatchDetail, readBatches, retryRead, startRead } from './read-batch.ts';
import { readByHand } from './read-by-hand.ts';
import { sessionPage } from './sessions.ts';
import { meterSettings, orderSetting } from './settings.ts';
import { meterSuccess, slotSuccess } from './success.ts';

const PAGE = 100;
const SUCCESS_HOURS = 24;
/** A week of 10,000 meters is 3.4 million readings, seconds of work: it is asked for by who wants it. */
const SUCCESS_DAYS = 1;

const pageOf = ({ offset = 0, limit = PAGE }: { offset?: number | undefined; limit?: number | undefined }) => ({
  offset,
  limit,
});

export const collectionRoutes = {
  async collectorSessions(ctx, { params, query }): Promise<CollectorSessions> {
    return sessionPage(ctx.db, deskOf(ctx), params.marketId, ctx.clock.now(), query, pageOf(query));
  },
  async collectorFrames(ctx, { params, query }) {
    const { offset: _, limit: __, ...filter } = query;
    const page = await framePage(ctx.db, deskOf(ctx).frames, params.marketId, filter, pageOf(query));
    return { at: ctx.clock.now().toISOString(), ...page };
  },
  async linkEvents(ctx, { params, query }): Promise<{ total: number; events: LinkEvent[] }> {
    return linkEventPage(ctx.db, params.marketId, query, pageOf(query));
  },
  async sweepSuccess(ctx, { params, query, buildingIds }): Promise<SweepSuccess> {
    const filter = { ...query, buildingIds };
    return slotSuccess(ctx.db, params.marketId, ctx.clock.now(), query.hours ?? SUCCESS_HOURS, filter);
  },
  async sweepMeters(
    ctx,
    { params, query, buildingIds },
  ): Promise<{ at: string; from: string; total: number; meters: MeterSuccess[] }> {
    const filter = { ...query, ...pageOf(query), buildingIds };
    return meterSuccess(ctx.db, params.marketId, ctx.clock.now(), query.days ?? SUCCESS_DAYS, filter);
  },
  async lostContact(ctx, { params, query, buildingIds }): Promise<{ at: string; total: number; meters: LostMeter[] }> {
    return lostMeters(ctx.db, params.marketId, ctx.clock.now(), pageOf(query), buildingIds);
  },
  async meterClocks(ctx, { params, query, buildingIds }) {
    const rows = await meterClockRows(ctx.db, params.marketId, query.alarm ?? false, pageOf(query), buildingIds);
    const meters: MeterClock[] = rows.map((row) => clockView(row, settingsOf(row).includes('clock')));
    return { at: ctx.clock.now().toISOString(), alarmAboveS: CLOCK_ALARM_S, total: rows[0]?.total ?? 0, meters };
  },
  async readNow(ctx, { params, body, operator }): Promise<ReadNowResult> {
    return readByHand(ctx, deskOf(ctx), { ...params, reason: body.reason ?? null, operatorId: operator.operatorId });
  },
  async previewRead(ctx, { params, body }) {
    return previewRead(ctx.db, deskOf(ctx), params.marketId, body.meterIds);
  },
  async startRead(ctx, { params, body, operator }) {
    return startRead(ctx, deskOf(ctx), { ...params, operatorId: operator.operatorId }, body);
  },
  async readBatches(ctx, { params, query, buildingIds }) {
    return readBatches(ctx.db, params.marketId, query, buildingIds);
  },
  async readBatch(ctx, { params, query, buildingIds }) {
    return readBatchDetail(ctx.db, params.marketId, params.batchId, query, buildingIds);
  },
  async cancelRead(ctx, { params: { marketId, batchId }, operator: { operatorId }, buildingIds }) {
    return { meters: await cancelRead(ctx, { marketId, operatorId }, batchId, buildingIds) };
  },
  async retryRead(ctx, { params: { marketId, batchId }, operator: { operatorId }, buildingIds }) {
    return { meters: await retryRead(ctx, { marketId, operatorId }, batchId, buildingIds) };
  },
  async orderSetting(ctx, { params, body, operator }) {
    return { commandId: await orderSetting(ctx, { ...params, ...body, operatorId: operator.operatorId }) };
  },
  async meterSettings(ctx, { params }): Promise<MeterSettings> {
    return meterSettings(ctx.db, deskOf(ctx), params.marketId, params.meterId);
  },
} satisfies Partial<Handlers>;
