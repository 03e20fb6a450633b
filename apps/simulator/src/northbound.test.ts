import { expect, test } from 'vitest';
import { signature } from './northbound.ts';

test('the signature is the one of the published algorithm', () => {
  const body =
    '{"content":{"dataType":2,"payload":"6810011312190000000404a01701991016"},"deviceId":"44d0b9e48d404094bbbcf889e4e64ece","operator":"tester","productId":10053421,"ttl":7200,"level":1}';
  const head = { application: 'APPKEY', timestamp: '1589444231825', masterKey: 'MASTERKEY' };
  expect(signature('APPSECRET', head, new URLSearchParams(), body)).toBe('VOFvo08XLiikOoTLEJO8PL0ABew=');
  expect(signature('OTHER', head, new URLSearchParams(), body)).not.toBe('VOFvo08XLiikOoTLEJO8PL0ABew=');
});
