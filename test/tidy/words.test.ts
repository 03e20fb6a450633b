import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { zhCN } from '../../apps/console/src/locales/zh-CN.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Rooms whose errors reach nobody through the console: the command line, the wire and the platforms see them. */
const UNSEEN = /^(platform|frame|kernel|sites|prices|pricing|headend|console)\./;

const known = (code: string): boolean => {
  let node: unknown = zhCN.error;
  for (const part of code.split('.')) node = (node as Record<string, unknown> | undefined)?.[part];
  return typeof node === 'string';
};

test('the console has words for every error that its calls may meet', () => {
  const codes = globSync('{apps/server,packages/protocols}/src/**/errors.ts', { cwd: ROOT })
    .flatMap((path) => [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^ {2}'(\w+\.\w+)': \d{3}/gm)])
    .map((match) => match[1] ?? '');
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter((code) => !UNSEEN.test(code) && !known(code))).toEqual([]);
});
