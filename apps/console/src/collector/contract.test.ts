import {
  collectionRoutes,
  collectorFramesPath,
  FRAME_TROUBLES,
  ORDINARY_EVENTS,
  TROUBLE_EVENTS,
} from '@openprepay/contract';
import { expect, test } from 'vitest';
import { zhCN } from '../locales/zh-CN.ts';
import { LINK_NAMES } from './links.ts';
import { COLLECTOR_FRAMES_PATH } from './use-frames.ts';

test('what the pages say of the contract without carrying it is what the contract says', () => {
  expect(COLLECTOR_FRAMES_PATH).toBe(collectorFramesPath);
  expect(collectionRoutes.sweepSuccess.query.properties.link.enum).toEqual(LINK_NAMES);
});

test('there are words for everything that is told of a link, and for nothing else', () => {
  expect(new Set(Object.keys(zhCN.linkEvent))).toEqual(new Set([...ORDINARY_EVENTS, ...TROUBLE_EVENTS]));
  const { frame, meter, ...own } = zhCN.frameError;
  expect(Object.keys(own)).toEqual([...FRAME_TROUBLES]);
  expect(Object.keys(frame).length + Object.keys(meter).length).toBeGreaterThan(0);
});
