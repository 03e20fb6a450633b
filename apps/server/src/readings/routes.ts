import type { ImportReadingsResult, MeterReading, MeterReadings, Photo } from '@openprepay/contract';
import type { Static } from 'typebox';
import type { Handlers } from '../platform/handlers.ts';
import { readingsError } from './errors.ts';
import { listHolds } from './hold-list.ts';
import { type Release, releaseHold } from './holds.ts';
import { importReadings } from './import.ts';
import { listReadings, type ReadingFilter, type ReadingRow } from './lists.ts';
import { takeManual } from './manual.ts';
import { findMeter } from './meters.ts';
import { findPhoto } from './photos.ts';
import { parseRegister, type RegisterFacts, registerText, turnoversAt } from './register-value.ts';

const PAGE = 200;

const bytesOf = (base64: string | undefined): Uint8Array | null =>
  base64 === undefined ? null : Buffer.from(base64, 'base64');
const instant = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));
const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value));

export const readingsRoutes = {
  async meterReadings(ctx, { params: { marketId, meterId }, query }): Promise<MeterReadings> {
    const meter = await findMeter(ctx.db, marketId, meterId);
    const quality = (query.quality ?? null) as ReadingFilter['quality'];
    const filter = { from: instant(query.from), before: instant(query.before), quality };
    const rows = await listReadings(ctx.db, marketId, meterId, filter, PAGE + 1);
    const page = rows.slice(0, PAGE);
    const { serial, kind, ctRatio } = meter;
    const nextBefore = rows.length > PAGE ? (page.at(-1)?.readAt.toISOString() ?? null) : null;
    return { meterId, serial, kind, ctRatio, readings: page.map((row) => readingOf(meter, row)), nextBefore };
  },
  async manualReading(ctx, { params: { marketId, meterId }, body, operator }): Promise<MeterReading> {
    const { operatorId } = operator;
    const { readAt } = await ctx.db.tx((tx) =>
      takeManual(tx, ctx.clock.now(), {
        marketId,
        meterId,
        operatorId,
        readAt: new Date(body.readAt),
        register: parseRegister(body.value),
        tariffs: body.tariffs?.map((one) => (one === null ? null : parseRegister(one))) ?? null,
        note: body.note,
        photo: bytesOf(body.photoBase64),
        confirmJump: body.confirmJump ?? false,
      }),
    );
    const only = { from: readAt, before: new Date(readAt.getTime() + 1), quality: null };
    const [row] = await listReadings(ctx.db, marketId, meterId, only, 1);
    if (!row) throw readingsError('readings.reading_not_found', 'this reading is gone');
    return readingOf(await findMeter(ctx.db, marketId, meterId), row);
  },
  async readingPhoto(ctx, { params }): Promise<Static<typeof Photo>> {
    const { photoId, takenAt, mediaType, bytes } = await findPhoto(ctx.db, params.marketId, params.photoId);
    return { photoId, takenAt: takenAt.toISOString(), mediaType, base64: bytes.toString('base64') };
  },
  async importReadings(ctx, { params, body, operator }): Promise<ImportReadingsResult> {
    const { fileName, base64, dryRun, note } = body;
    const file = { fileName, bytes: Buffer.from(base64, 'base64') };
    return importReadings(ctx, { ...params, file, dryRun, note, operatorId: operator.operatorId });
  },
  holds: (ctx, { params, query, buildingIds }) => listHolds(ctx.db, params.marketId, query, buildingIds),
  async releaseHold(ctx, { params, body, operator }): Promise<null> {
    await releaseHold(ctx, {
      ...params,
      action: body.action as Release['action'],
      note: body.note,
      operatorId: operator.operatorId,
      register: body.value === undefined ? null : parseRegister(body.value),
      photo: bytesOf(body.photoBase64),
      confirmJump: body.confirmJump ?? false,
    });
    return null;
  },
} satisfies Partial<Handlers>;

const readingOf = (meter: RegisterFacts, row: ReadingRow): MeterReading => ({
  ...row,
  readAt: row.readAt.toISOString(),
  receivedAt: row.receivedAt.toISOString(),
  total: Number(row.total),
  registerValue: registerText(meter, row.total, row.turnovers),
  tariffs: row.tariffs?.map(numberOrNull) ?? null,
  saidTotal: numberOrNull(row.saidTotal),
  saidRegisterValue:
    row.saidTotal === null ? null : registerText(meter, row.saidTotal, turnoversAt(meter, row.saidTotal)),
});
