import { expect, test } from 'vitest';
import { newRequestId } from './request-id.ts';

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a sale gets a UUID, in secure contexts and on plain http', () => {
  const insecure = { getRandomValues: crypto.getRandomValues.bind(crypto) };
  expect(newRequestId()).toMatch(UUID_V4);
  expect(newRequestId(insecure)).toMatch(UUID_V4);
  expect(newRequestId(insecure)).not.toBe(newRequestId(insecure));
});
