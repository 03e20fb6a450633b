import { expect, test } from 'vitest';
import { csvOf } from './csv.ts';

test('rows become lines that Excel opens with Chinese in it', () => {
  expect(
    csvOf([
      ['收据号', '金额'],
      ['001-00000001', '-12.50'],
      ['a', 3],
    ]),
  ).toBe('\uFEFF收据号,金额\r\n001-00000001,-12.50\r\na,3\r\n');
});

test('commas, quotes and line ends stay inside their cell', () => {
  expect(csvOf([['a,b', 'say "yes"', 'one\ntwo']])).toBe('\uFEFF"a,b","say ""yes""","one\ntwo"\r\n');
});

test('a customer’s name is never a formula', () => {
  for (const name of ['=1+1', '+cmd', '-2+3', '@x', '\tx']) expect(csvOf([[name]])).toContain(`'${name}`);
});
