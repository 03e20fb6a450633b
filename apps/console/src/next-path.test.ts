import { expect, test } from 'vitest';
import { nextPath } from './next-path.ts';

test('sign-in leads back to where one wanted to go', () => {
  expect(nextPath('/stalls?state=offline')).toBe('/stalls?state=offline');
  expect(nextPath(undefined)).toBe('/');
});

test('sign-in leads to no other site', () => {
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', ['/a']]) {
    expect(nextPath(next)).toBe('/');
  }
});

test('sign-in does not lead back to itself', () => {
  expect(nextPath('/sign-in?next=/sign-in')).toBe('/');
});
