import { readFileSync } from 'node:fs';
import { fromHex } from '@openprepay/kernel';
import { describeStored } from '@openprepay/protocols/describe';
import { expect, test } from 'vitest';
import { inChinese } from '../../apps/console/src/collector/frame-words.ts';

test('the Chinese of known frames has no English left but names', () => {
  const left: string[] = [];
  for (const [protocol, list] of [
    ['dlt645', 'dlt645-2007'],
    ['cjt188', 'cjt188'],
    ['modbus', 'modbus'],
    ['acrel4g', 'acrel4g'],
  ] as const) {
    const file = new URL(`../../packages/protocols/vectors/${list}.json`, import.meta.url);
    for (const { hex } of JSON.parse(readFileSync(file, 'utf8')) as { hex: string }[]) {
      const { description } = describeStored(protocol, fromHex(hex));
      const line = inChinese(description?.summary ?? '');
      if (/[a-z]{3,}/.test(line)) left.push(line);
    }
  }
  expect(left).toEqual([]);
});
