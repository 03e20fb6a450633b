import { readFile } from 'node:fs/promises';
import { explainCharges, formatExplanation } from '@openprepay/domain';
import { OpenPrepayError } from '@openprepay/kernel';
import type { Command } from 'commander';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';
import { parseJson, parsePlanFile, parseReadingsFile } from '../price-files.ts';

export function addPriceCommand(program: Command): void {
  const price = program.command('price').description('work with price plans');
  price
    .command('explain')
    .description(
      'charge readings by a plan and show every step of the arithmetic; exit code 1 when a file is not valid',
    )
    .argument('<plan.json>', 'a price rule, or a plan with dated versions')
    .argument('<readings.json>', 'readings in order of time, in Wh or litres')
    .option('--json', 'one JSON object')
    .action(explain);
}

async function explain(planFile: string, readingsFile: string, options: OutputOptions): Promise<void> {
  try {
    const [planText, readingsText] = await Promise.all([readFile(planFile, 'utf8'), readFile(readingsFile, 'utf8')]);
    const { kind, timeZone, versions } = parsePlanFile(parseJson(planText, planFile));
    const readings = parseReadingsFile(parseJson(readingsText, readingsFile));
    const explanation = explainCharges(kind, readings, versions, timeZone);
    print(options, explanation, formatExplanation(explanation));
  } catch (error) {
    printError(options, error);
    process.exitCode = error instanceof OpenPrepayError ? EXIT.no : EXIT.failed;
  }
}
