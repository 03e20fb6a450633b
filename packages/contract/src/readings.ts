import Type, { type Static } from 'typebox';
import { ExcelFile, ImportRowError } from './excel.ts';
import { defineRoute, ROLES } from './route.ts';
import { AmountFen, Id, Instant, MeterKindSchema, Nullable, Origin, Quality, QuantityBase } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
const ofMeter = Type.Object({ marketId: Id, meterId: Id });

/** Why a reading is not believed before a person has looked at it. */
export const SUSPECT_REASONS = ['decrease', 'jump', 'future_time', 'tariff_sum', 'clock_drift'] as const;
export const SuspectReason = Type.Enum([...SUSPECT_REASONS]);

/** A file in a JSON body: at most 700 KB of base64. */
export const FILE_MAX_BASE64 = 716_800;
/** A picture of a register, JPEG, PNG or WebP; which one is told by its bytes. */
export const PhotoBase64 = Type.String({ maxLength: FILE_MAX_BASE64 });
/** What the register shows, before CT: kWh or m³ as a plain decimal with at most three places. */
export const RegisterValue = Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,3})?$' });
/** Why a person did it; it goes into the audit. */
export const ReadingNote = Type.String({ minLength: 2, maxLength: 200 });

export const MeterReading = Type.Object({
  readAt: Instant,
  receivedAt: Instant,
  origin: Origin,
  quality: Quality,
  suspectReason: Nullable(SuspectReason),
  /** Wh after CT or litres, going on rising where the register wrapped to zero. */
  total: QuantityBase,
  /** What the register showed, before CT, in kWh or m³. */
  registerValue: Type.String(),
  /** How often the register had wrapped to zero by then. */
  turnovers: Type.Integer(),
  /** Sharp, peak, flat, valley, deep valley; null where the meter has none. */
  tariffs: Nullable(Type.Array(Nullable(QuantityBase))),
  /** What the meter, or the estimate, said where a person put another value in its place. */
  saidTotal: Nullable(QuantityBase),
  saidRegisterValue: Nullable(Type.String()),
  operatorName: Nullable(Type.String()),
  photoId: Nullable(Id),
  note: Nullable(Type.String()),
  /** The raw frame it came in. */
  frameId: Nullable(Id),
});
export type MeterReading = Static<typeof MeterReading>;

export const MeterReadings = Type.Object({
  meterId: Id,
  serial: Type.String(),
  kind: MeterKindSchema,
  ctRatio: Type.Integer(),
  /** Newest first. */
  readings: Type.Array(MeterReading),
  /** Ask with this as `before` for the next page; null on the last. */
  nextBefore: Nullable(Instant),
});
export type MeterReadings = Static<typeof MeterReadings>;

export const ManualReadingRequest = Type.Object({
  value: RegisterValue,
  /** Sharp, peak, flat, valley, deep valley as shown; null where the meter has none. */
  tariffs: Type.Optional(Type.Array(Nullable(RegisterValue), { minItems: 5, maxItems: 5 })),
  readAt: Instant,
  note: ReadingNote,
  photoBase64: Type.Optional(PhotoBase64),
  /** The person has seen that this is more than the meter can have counted, and says it is so all the same. */
  confirmJump: Type.Optional(Type.Boolean()),
});
export type ManualReadingRequest = Static<typeof ManualReadingRequest>;

export const Photo = Type.Object({
  photoId: Id,
  takenAt: Instant,
  mediaType: Type.Enum(['image/jpeg', 'image/png', 'image/webp']),
  base64: Type.String(),
});

export const ImportReadingsRequest = Type.Object({
  fileName: Type.String({ minLength: 1, maxLength: 200 }),
  /** An Excel workbook, or CSV text in UTF-8: serial, time, value; a first row of names is passed over. */
  base64: Type.String({ maxLength: FILE_MAX_BASE64 }),
  /** Judge every row, store none. */
  dryRun: Type.Boolean(),
  note: ReadingNote,
});
export const ImportReadingsResult = Type.Object({
  rows: Type.Integer(),
  /** Readings stored, or those that would be. */
  taken: Type.Integer(),
  /** Readings that were stored before, exactly like this. */
  unchanged: Type.Integer(),
  failed: Type.Integer(),
  /** Every row that was refused, and why. */
  errors: Type.Array(ImportRowError),
  /** The rows that were refused, with why, to be put right and sent again. */
  failedRows: Nullable(ExcelFile),
});
export type ImportReadingsResult = Static<typeof ImportReadingsResult>;

export const CorrectReadingRequest = Type.Object({
  /** The reading that was wrong. */
  readAt: Instant,
  /** What the register truly showed then. */
  value: RegisterValue,
  reason: ReadingNote,
  photoBase64: Type.Optional(PhotoBase64),
});
export const CorrectReadingResult = Type.Object({
  /** One signed entry for each charge that ended or began with this reading; none where nothing had been charged by it. */
  corrections: Type.Array(
    Type.Object({
      correctionId: Id,
      accountId: Id,
      /** What the purse pays more, or less where negative. */
      amountFen: AmountFen,
      txId: Nullable(Id),
    }),
  ),
});
export type CorrectReadingResult = Static<typeof CorrectReadingResult>;

export const readingsRoutes = {
  meterReadings: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/meters/:meterId/readings',
    summary: 'Readings of a meter, newest first, two hundred a page',
    roles: ROLES,
    scope: 'building',
    params: ofMeter,
    query: Type.Object({
      /** Only what was read before this. */
      before: Type.Optional(Instant),
      /** Only what was read at or after this. */
      from: Type.Optional(Instant),
      quality: Type.Optional(Quality),
    }),
    response: MeterReadings,
  }),
  manualReading: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/manual-readings',
    summary: 'A reading that a person took from the register',
    roles: ['admin', 'technician'],
    scope: 'building',
    params: ofMeter,
    body: ManualReadingRequest,
    response: MeterReading,
  }),
  readingPhoto: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/photos/:photoId',
    summary: 'The picture of a register',
    roles: ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id, photoId: Id }),
    response: Photo,
  }),
  importReadings: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/readings/import',
    summary: 'Readings by hand of many meters from Excel or CSV; bad rows come back with their reason',
    roles: ['admin', 'technician'],
    params: inMarket,
    body: ImportReadingsRequest,
    response: ImportReadingsResult,
  }),
  correctReading: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meters/:meterId/corrections',
    summary: 'The truth of an estimated, typed or final reading; what it took wrongly is put right by one signed entry',
    roles: ['admin', 'finance'],
    scope: 'building',
    params: ofMeter,
    body: CorrectReadingRequest,
    response: CorrectReadingResult,
  }),
} as const;
