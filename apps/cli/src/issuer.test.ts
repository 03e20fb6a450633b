import { expect, test } from 'vitest';
import { issuerOf } from './issuer.ts';

const WHOLE = {
  OPENPREPAY_OIDC_ISSUER: 'https://id.example/realms/market',
  OPENPREPAY_OIDC_CLIENT_ID: 'openprepay',
  OPENPREPAY_OIDC_CLIENT_SECRET: 'secret',
};
const { OPENPREPAY_OIDC_ISSUER: url, OPENPREPAY_OIDC_CLIENT_ID: clientId } = WHOLE;

test('an identity provider is named whole or not at all, and is called as its host where nobody named it', () => {
  expect(issuerOf({})).toBe(null);
  expect(issuerOf({ ...WHOLE, OPENPREPAY_OIDC_ISSUER: '' })).toBe(null);
  expect(issuerOf(WHOLE)).toEqual({ url, clientId, clientSecret: 'secret', name: 'id.example' });
  expect(issuerOf({ ...WHOLE, OPENPREPAY_OIDC_NAME: 'WeCom' })).toMatchObject({ name: 'WeCom' });
  expect(issuerOf({ OPENPREPAY_OIDC_ISSUER: url })).toContain('CLIENT_ID');
  expect(issuerOf({ ...WHOLE, OPENPREPAY_OIDC_CLIENT_SECRET: '' })).toContain('CLIENT_SECRET');
});

test.each([
  'id.example',
  'ftp://id.example',
  'http://id.example',
  'http://localhost.evil.test',
  'http://127.0.0.1.evil.test',
])('a provider is spoken to over TLS, not at %s', (address) =>
  expect(issuerOf({ ...WHOLE, OPENPREPAY_OIDC_ISSUER: address })).toContain('https://'),
);

test.each(['http://localhost:8081/realms/x', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
  'but for one on this machine: %s',
  (address) => expect(issuerOf({ ...WHOLE, OPENPREPAY_OIDC_ISSUER: address })).toMatchObject({ url: address }),
);
