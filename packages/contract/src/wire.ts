import Type, { type Static } from 'typebox';
import { eventList, frameList } from './collection-lists.ts';
import { defineRoute } from './route.ts';
import { Id, Instant, LinkSchema, MAX_LIST_ROWS, Nullable } from './schemas.ts';

/*
 * What goes over the wire, frame by frame, and what went wrong on the way to devices.
 */

const watchers = ['admin', 'technician', 'auditor'] as const;
const inMarket = Type.Object({ marketId: Id });
const Direction = Type.Enum(['up', 'down']);
const Search = Type.String({ maxLength: 64 });
const Day = Type.String({ format: 'date' });
const paged = {
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
};

/** A frame in words: `summary` is one line, `inner` are descriptions of the frames it carries, the rest are its fields. */
export const FrameDescription = Type.Object(
  { protocol: Type.String(), summary: Type.String(), inner: Type.Array(Type.Unknown()) },
  { additionalProperties: true },
);
export type FrameDescription = Static<typeof FrameDescription>;

export const CollectorFrame = Type.Object({
  /** Grows with each frame; counts from the start of the program. */
  seq: Type.Integer(),
  at: Instant,
  link: LinkSchema,
  linkKey: Type.String(),
  /** Null where a frame is the connection's own, or of no meter that is known. */
  meterId: Nullable(Id),
  meterSerial: Nullable(Type.String()),
  direction: Direction,
  protocol: Type.String(),
  hex: Type.String(),
  /** The frame's meaning as `openprepay frame decode --json` gives it; null where it has none. */
  description: Nullable(FrameDescription),
  /** Why it was refused; null for a good one. */
  error: Nullable(Type.String()),
});
export type CollectorFrame = Static<typeof CollectorFrame>;

export const FrameFilter = Type.Object({
  link: Type.Optional(LinkSchema),
  linkKey: Type.Optional(Type.String({ maxLength: 128 })),
  meterId: Type.Optional(Id),
  direction: Type.Optional(Direction),
  /** Only those that were refused. */
  errors: Type.Optional(Type.Boolean()),
  /** Found anywhere in what the device calls itself, or in serial or stall of the meter. */
  search: Type.Optional(Search),
  /** Only those up to this number, so that pages stand still while more pass. */
  upTo: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type FrameFilter = Static<typeof FrameFilter>;

export const LinkEvent = Type.Object({
  eventId: Id,
  at: Instant,
  link: LinkSchema,
  linkKey: Type.String(),
  meterId: Nullable(Id),
  meterSerial: Nullable(Type.String()),
  /** One of `ORDINARY_EVENTS` and `TROUBLE_EVENTS`; `suppressed` stands for what came too often. */
  event: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
});
export type LinkEvent = Static<typeof LinkEvent>;

export const wireRoutes = {
  collectorFrames: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/frames',
    summary: 'The latest frames up and down with their meaning, newest first, by the page',
    roles: watchers,
    params: inMarket,
    query: Type.Object({
      ...FrameFilter.properties,
      ...paged,
    }),
    response: Type.Object({ at: Instant, total: Type.Integer(), frames: Type.Array(CollectorFrame) }),
    list: frameList,
  }),
  linkEvents: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/collector/link-events',
    summary: 'What went wrong, or changed, on the way to devices, by the page, newest first where nothing is said',
    roles: watchers,
    params: inMarket,
    query: Type.Object({
      link: Type.Optional(LinkSchema),
      linkKey: Type.Optional(Type.String({ maxLength: 128 })),
      meterId: Type.Optional(Id),
      event: Type.Optional(Search),
      /** Without what is in order: coming online, answering again. */
      troubles: Type.Optional(Type.Boolean()),
      /** Found anywhere in what the device calls itself, or in the meter's serial. */
      search: Type.Optional(Search),
      /** On this day of the market's zone or later. */
      from: Type.Optional(Day),
      /** Inclusive. */
      to: Type.Optional(Day),
      sort: Type.Optional(Type.Enum(['at'])),
      descending: Type.Optional(Type.Boolean()),
      ...paged,
    }),
    response: Type.Object({ total: Type.Integer(), events: Type.Array(LinkEvent) }),
    list: eventList,
  }),
} as const;

/**
 * Server-sent events, guarded and filtered like `collectorFrames`: `event: frames`, data a list of CollectorFrame, oldest
 * first; `event: missed`, data `{"frames": n}`, where a slow listener was left behind.
 */
export const collectorFramesPath = '/api/markets/:marketId/collector/frames/events';
