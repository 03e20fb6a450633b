import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

describe.each(['docs/add-a-meter-model.md', 'docs/add-a-meter-model.zh-CN.md'])('%s', (page) => {
  const text = read(page);

  test('shows the data file as it is', () => {
    const shown = /```ts\n([\s\S]*?)```/.exec(text)?.[1];
    expect(shown).toBe(read('packages/protocols/src/models/dtsd1352.ts'));
  });

  test('names only files that are there, and enters the model where it says', () => {
    const paths = text.match(/packages\/[\w./-]+\.ts/g) ?? [];
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
    expect(read('packages/protocols/src/models/index.ts')).toContain("import { DTSD1352 } from './dtsd1352.ts';");
  });
});
