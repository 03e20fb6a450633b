import { collectedMeter, type ListOf } from './list-export.ts';

/*
 * What the lists of the collector are in a spreadsheet.
 */

export const sessionList = {
  rows: 'sessions',
  paging: 'offset',
  isLive: true,
  cells: {
    linkKey: ['linkKey', 'text'],
    name: ['name', 'text'],
    link: ['link', 'code'],
    meters: ['meters.meterSerial', 'text'],
    stalls: ['meters.stallCode', 'text'],
    connected: ['connectedForS', 'integer'],
    remote: ['remote', 'text'],
  },
} as const satisfies ListOf;

export const sweepList = {
  rows: 'meters',
  paging: 'offset',
  cells: {
    ...collectedMeter,
    complete: ['completeBp', 'hundredths'],
    due: ['due', 'integer'],
    inTime: ['inTime', 'integer'],
    late: ['late', 'integer'],
    backfilled: ['backfilled', 'integer'],
    missed: ['missed', 'integer'],
  },
} as const satisfies ListOf;

export const lostList = {
  rows: 'meters',
  paging: 'offset',
  cells: {
    ...collectedMeter,
    silent: ['silentForS', 'integer'],
    since: ['since', 'instant'],
    lastValue: ['lastValue', 'thousandths'],
    lastReadAt: ['lastReadAt', 'instant'],
    signal: ['rssi', 'integer'],
    iccid: ['iccid', 'text'],
  },
} as const satisfies ListOf;

export const clockList = {
  rows: 'meters',
  paging: 'offset',
  cells: {
    ...collectedMeter,
    drift: ['driftS', 'integer'],
    checked: ['checkedAt', 'instant'],
    sync: ['lastSync.state', 'code'],
    syncAt: ['lastSync.at', 'instant'],
  },
} as const satisfies ListOf;

export const frameList = {
  rows: 'frames',
  paging: 'offset',
  isLive: true,
  cells: {
    at: ['at', 'instant'],
    direction: ['direction', 'code'],
    serial: ['meterSerial', 'text'],
    linkKey: ['linkKey', 'text'],
    link: ['link', 'code'],
    protocol: ['protocol', 'text'],
    says: ['description.summary', 'text'],
    error: ['error', 'code'],
    hex: ['hex', 'text'],
  },
} as const satisfies ListOf;

export const eventList = {
  rows: 'events',
  paging: 'offset',
  cells: {
    at: ['at', 'instant'],
    event: ['event', 'code'],
    serial: ['meterSerial', 'text'],
    linkKey: ['linkKey', 'text'],
    link: ['link', 'code'],
    detail: ['detail', 'json'],
  },
} as const satisfies ListOf;
