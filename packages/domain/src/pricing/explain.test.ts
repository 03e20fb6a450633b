import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MeterKind, quantity } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { explainCharges, type HistoryReading } from './explain.ts';
import { formatExplanation } from './explain-text.ts';
import { parseRule } from './rule.ts';

/*
 * The worked examples that the documents show, word by word; here beside the code, without the command and its files.
 */

interface PlanFile {
  readonly meter?: MeterKind;
  readonly timeZone?: string;
  readonly versions?: readonly { readonly validFrom: string; readonly rule: unknown }[];
}
interface ReadingLine {
  readonly readAt: string;
  readonly total?: number;
  readonly tariffs?: readonly (number | null)[];
  readonly meter?: 'next';
  readonly turn?: number;
  readonly truth?: boolean;
  readonly missing?: boolean;
}

const document = readFileSync(join(import.meta.dirname, '../../../../docs/worked-examples.md'), 'utf8');
const examples = document.split(/^## /m).flatMap((section) => {
  const block = (kind: string) => new RegExp(`^\`\`\`${kind}\\n(.*?)\\n?^\`\`\`$`, 'ms').exec(section)?.[1];
  const [plan, readings, text] = [block('json plan'), block('json readings'), block('text')];
  if (plan === undefined || readings === undefined || text === undefined) return [];
  return [{ title: section.split('\n')[0] ?? '', plan, readings, text }];
});

function explained(plan: PlanFile, lines: readonly ReadingLine[]) {
  const versions = (plan.versions ?? [{ validFrom: '2000-01-01T00:00:00Z', rule: plan }]).map((one, index) => ({
    planId: 'plan',
    version: index + 1,
    validFrom: new Date(one.validFrom),
    rule: parseRule(one.rule),
  }));
  const readings = lines.map(
    ({ readAt, total = 0, tariffs, meter, turn, truth, missing }): HistoryReading => ({
      readAt: new Date(readAt),
      total: quantity(total),
      tariffs: tariffs?.map((one) => (one === null ? null : BigInt(one))) ?? null,
      ...(meter === 'next' ? { isNextMeter: true } : {}),
      ...(turn === undefined ? {} : { turn: BigInt(turn) }),
      ...(truth ? { isTruth: true } : {}),
      ...(missing ? { isMissing: true } : {}),
    }),
  );
  return explainCharges(plan.meter ?? 'electricity', readings, versions, plan.timeZone ?? 'Asia/Shanghai');
}

test.each(examples)('“$title” is explained as the document shows it', ({ plan, readings, text }) => {
  expect(formatExplanation(explained(JSON.parse(plan), JSON.parse(readings)))).toBe(text);
});
