import { fromHex, toHex } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { encodeData } from './data.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { readRequest, relayRequest } from './request.ts';
import { decodeRequest, frameOfRequest } from './request-codec.ts';
import { withoutPassword } from './without-password.ts';

const authority = { level: 2, code: '123456', operator: '00000007' };
const ADDRESS = '202607000001';
const onWire = (request: Parameters<typeof frameOfRequest>[0]) => encodeFrame(frameOfRequest(request), 4);

test('an order is shown with its level and operator, and zeros for its password', () => {
  const order = relayRequest(ADDRESS, authority, { action: 'trip', extra: 0, validUntil: '261231235959' });
  const shown = withoutPassword(onWire(order));
  expect(decodeRequest(decodeFrame(shown))).toEqual({ ...order, authority: { ...authority, code: '000000' } });
  const value = encodeData('2007', '04000101', ['26112200']);
  const write = {
    edition: '2007',
    address: ADDRESS,
    kind: 'write',
    dataId: '04000101',
    authority,
    data: value,
  } as const;
  expect(decodeRequest(decodeFrame(withoutPassword(onWire(write))))).toMatchObject({ authority: { code: '000000' } });
});

test('neither password of a change of them is shown', () => {
  const old = { level: 2, code: '123456' };
  const next = { level: 2, code: '654321' };
  const change = { edition: '2007', address: ADDRESS, kind: 'set_password', dataId: '04000C03', old, next } as const;
  const shown = decodeRequest(decodeFrame(withoutPassword(onWire(change))));
  expect(shown).toMatchObject({ old: { code: '000000' }, next: { code: '000000' } });
});

test('what carries no password, or is no frame, stays as it is', () => {
  const read = onWire(readRequest(ADDRESS, '0001FF00', '2007'));
  expect(withoutPassword(read)).toBe(read);
  const noise = fromHex('FEFE6800');
  expect(toHex(withoutPassword(noise))).toBe('fefe6800'.toLowerCase());
});
