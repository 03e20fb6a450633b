import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newPassword, weaknessOf } from './passwords.ts';

test.each([
  'short',
  'elevenchars',
  'aaaaaaaaaaaaaaaaaaaa',
  '121212121212121212',
  'password1234',
  'Password!234',
  'admin-openprepay',
  '123456123456',
  'Li.Lei.2026!',
])('“%s” is refused', (password) => {
  expect(weaknessOf(password, 'li.lei')).toMatch(/^it /);
});

test.each(['correct horse battery', '菜市场里的鱼今天很新鲜啊', 'tr0ub4dor&3xyz', 'a-b-c-d-e-f-g-h'])(
  '“%s” is taken',
  (password) => {
    expect(weaknessOf(password, 'li.lei')).toBeNull();
  },
);

test('what the program draws itself is never refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (random) => {
      fc.pre(new Set(random.map((byte) => byte % 32)).size >= 5);
      expect(weaknessOf(newPassword(random), 'admin')).toBeNull();
    }),
  );
});
