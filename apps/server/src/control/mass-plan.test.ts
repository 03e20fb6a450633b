import { fen, ZERO_FEN } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { listHashOf, type MassOrder, type MassProgress, rowStateOf, skipOf, warningsOf } from './mass-plan.ts';
import type { MeterFacts } from './plan.ts';

const NOW = new Date('2026-03-02T02:00:00Z');
const LATER = new Date('2026-03-02T12:00:00Z');
const BEFORE = new Date('2026-03-02T01:00:00Z');

const account: NonNullable<MeterFacts['account']> = {
  accountId: 'a',
  state: 'open',
  mode: 'prepaid',
  utilityFen: ZERO_FEN,
  creditLimitFen: ZERO_FEN,
  emergencyLeftFen: ZERO_FEN,
};
const meter: MeterFacts = {
  meterId: 'm',
  switchKind: 'relay',
  overrideMode: 'auto',
  overrideUntil: null,
  overrideBy: null,
  lockedOut: false,
  wanted: 'on',
  wantedReason: 'balance_available',
  wantedSeq: 1n,
  reported: 'on',
  reportedAt: NOW,
  lastReadAt: NOW,
  protectedStall: false,
  stallType: 'fish',
  account,
  notices: new Map(),
  hasOpenCommand: false,
  hasQueuedOff: false,
  hasOpenException: false,
  lastCommandEndedAt: null,
  market: {
    notOpenIsOff: false,
    finalNoticeWaitS: 0,
    staleAfterS: 10_800,
    ladder: { lowBalanceFen: ZERO_FEN, alarm2Fen: null, rearmFen: ZERO_FEN },
    restoreMinimumFen: fen(1),
    commandLimitS: 60,
    reclosePerS: null,
  },
};
const NO_CALENDAR = { friendlyHours: null, holiday: null, protectedType: false };
const HOURS = { ...NO_CALENDAR, friendlyHours: { stallType: null, weekdays: [1], fromMinute: 0, toMinute: 1440 } };
const HOLIDAY = {
  ...NO_CALENDAR,
  holiday: { name: 'fair', stallType: null, firstDay: '2026-03-02', lastDay: '2026-03-02' },
};
const TYPE = { ...NO_CALENDAR, protectedType: true };

const order = (override: MassOrder['override'], change: Partial<MassOrder> = {}): MassOrder => {
  return { override, until: null, includeProtected: false, ...change };
};
const cut = order('forced_off');
const cutAll = order('forced_off', { includeProtected: true });
const on = order('forced_on');
const auto = order('auto');
const forcedOn = { overrideMode: 'forced_on' } as const;
const forcedOff = { overrideMode: 'forced_off' } as const;
const ended = { overrideUntil: NOW } as const;

// biome-ignore format: a table is read by its columns
const SKIPS: readonly (readonly [string, Partial<MeterFacts>, typeof NO_CALENDAR | typeof HOURS | typeof HOLIDAY, MassOrder, string | null])[] = [
  ['any meter is cut',                                 {},                                        NO_CALENDAR, cut,    null],
  ['one without relay is not',                         { switchKind: null },                      NO_CALENDAR, cutAll, 'no_switch'],
  ['a valve is',                                       { switchKind: 'valve' },                   NO_CALENDAR, cut,    null],
  ['one that is locked out is not told',               { lockedOut: true },                       NO_CALENDAR, on,     'locked_out'],
  ['nor set to auto',                                  { lockedOut: true, ...forcedOff },         NO_CALENDAR, auto,   'locked_out'],
  ['one that is forced off already is not told',       forcedOff,                                 NO_CALENDAR, cut,    'same_already'],
  ['but it is, to another end',                        forcedOff,                                 NO_CALENDAR, order('forced_off', { until: LATER }), null],
  ['the same end is the same',                         { ...forcedOff, overrideUntil: LATER },    NO_CALENDAR, order('forced_off', { until: new Date(LATER) }), 'same_already'],
  ['an order that has ended is none',                  { ...forcedOff, ...ended },                NO_CALENDAR, cut,    null],
  ['auto is auto already',                             {},                                        NO_CALENDAR, auto,   'same_already'],
  ['auto after an order that has ended as well',       { ...forcedOff, ...ended },                NO_CALENDAR, auto,   'same_already'],
  ['forced off goes back to auto',                     forcedOff,                                 NO_CALENDAR, auto,   null],
  ['what a person keeps on is not cut',                forcedOn,                                  NO_CALENDAR, cut,    'kept_on'],
  ['unless he says so',                                forcedOn,                                  NO_CALENDAR, cutAll, null],
  ['once that has ended, it is',                       { ...forcedOn, ...ended },                 NO_CALENDAR, cut,    null],
  ['a protected stall is not cut',                     { protectedStall: true },                  NO_CALENDAR, cut,    'protected'],
  ['a protected type is not cut',                      {},                                        TYPE,        cut,    'protected'],
  ['a protected stall is switched on',                 { protectedStall: true },                  TYPE,        on,     null],
  ['in friendly hours nothing is cut',                 {},                                        HOURS,       cut,    'friendly_hours'],
  ['on a holiday nothing is cut',                      {},                                        HOLIDAY,     cut,    'holiday'],
  ['all of it where he says so',                       { protectedStall: true },                  HOURS,       cutAll, null],
  ['switching on asks for no hours',                   {},                                        HOURS,       on,     null],
];
test.each(SKIPS)('%s', (_, change, calendar, given, skip) => {
  expect(skipOf({ ...meter, ...change }, calendar, given, NOW)).toBe(skip);
});

const rich = { account: { ...account, utilityFen: fen(1) } };
const postpaid = { account: { ...account, mode: 'postpaid' as const } };
test.each<readonly [string, Partial<MeterFacts>, typeof HOURS | typeof NO_CALENDAR, MassOrder, readonly string[]]>([
  ['nothing to be said of one that has nothing', {}, NO_CALENDAR, cut, []],
  ['it has paid', rich, NO_CALENDAR, cut, ['has_balance']],
  ['it pays later', postpaid, NO_CALENDAR, cut, ['has_balance']],
  [
    'what the rules would spare',
    { protectedStall: true, ...forcedOn },
    HOURS,
    cutAll,
    ['kept_on', 'protected', 'friendly_hours'],
  ],
  ['another person had it off', forcedOff, NO_CALENDAR, on, ['replaces_override']],
  ['its balance is no matter when it is switched on', rich, NO_CALENDAR, on, []],
])('a warning: %s', (_, change, calendar, given, warnings) => {
  expect(warningsOf({ ...meter, ...change }, calendar, given, NOW)).toEqual(warnings);
});

test('the hash is of the meters and of what they are told, in whatever order they are named', () => {
  const hash = listHashOf(['a', 'b'], cut);
  expect(listHashOf(['b', 'a'], cut)).toBe(hash);
  const others = [
    listHashOf(['a'], cut),
    listHashOf(['a', 'c'], cut),
    listHashOf(['a', 'b'], cutAll),
    listHashOf(['a', 'b'], on),
    listHashOf(['a', 'b'], order('forced_off', { until: LATER })),
  ];
  expect(new Set([hash, ...others]).size).toBe(6);
});

const sent: MassProgress = { skip: null, isCancelled: false, commandState: 'sent', commandAt: NOW, dueAt: NOW };
test.each<readonly [string, Partial<MassProgress>, Date | null, string]>([
  ['skipped', { skip: 'protected' }, NOW, 'skipped'],
  ['skipped, and not yet executed', { skip: 'protected' }, null, 'skipped'],
  ['not yet executed', { commandState: null }, null, 'asked'],
  ['taken back', { isCancelled: true, commandState: 'superseded' }, NOW, 'cancelled'],
  ['nothing was to be told', { commandState: null }, NOW, 'unchanged'],
  ['done before for another reason', { commandState: 'confirmed', commandAt: BEFORE }, NOW, 'unchanged'],
  ['ordered before, and not there yet', { commandState: 'sent', commandAt: BEFORE }, NOW, 'sent'],
  ['done', { commandState: 'confirmed' }, NOW, 'confirmed'],
  ['its turn comes', { commandState: 'queued', dueAt: LATER }, NOW, 'waiting'],
  ['its turn is now', { commandState: 'queued' }, NOW, 'queued'],
  ['on the wire', {}, NOW, 'sent'],
  ['a later order took its place', { commandState: 'superseded' }, NOW, 'superseded'],
])('where a meter is: %s', (_, change, executedAt, state) => {
  expect(rowStateOf({ ...sent, ...change }, executedAt, NOW)).toBe(state);
});
