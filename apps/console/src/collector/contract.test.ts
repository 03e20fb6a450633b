import { collectionRoutes, collectorFramesPath } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { LINK_NAMES } from './links.ts';
import { COLLECTOR_FRAMES_PATH } from './use-frames.ts';

test('what the pages say of the contract without carrying it is what the contract says', () => {
  expect(COLLECTOR_FRAMES_PATH).toBe(collectorFramesPath);
  expect(collectionRoutes.sweepSuccess.query.properties.link.enum).toEqual(LINK_NAMES);
});
