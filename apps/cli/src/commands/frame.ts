import { fromHex, OpenPrepayError } from '@openprepay/kernel';
import {
  DESCRIBED_PROTOCOLS,
  type DescribedProtocol,
  describeFrame,
  formatDescription,
  TEXT_PROTOCOLS,
} from '@openprepay/protocols/describe';
import { Argument, type Command } from 'commander';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';

export function addFrameCommand(program: Command): void {
  const frame = program.command('frame').description('work with recorded bytes');
  frame
    .command('decode')
    .description('say what a frame means, every field in words; exit code 1 when it is not a valid frame')
    .addArgument(new Argument('<protocol>', 'what the bytes are').choices(DESCRIBED_PROTOCOLS))
    .argument(
      '<hex...>',
      `the bytes in hexadecimal, spaces allowed; for ${TEXT_PROTOCOLS.join(', ')} also the text itself`,
    )
    .option('--secret <text>', 'what sender and receiver share; without it what is encrypted is shown as such')
    .option('--json', 'one JSON object')
    .action((protocol: DescribedProtocol, words: string[], options: OutputOptions & { secret?: string }) => {
      const text = words.join(' ');
      try {
        const isText = TEXT_PROTOCOLS.includes(protocol) && text.includes('{');
        const description = describeFrame(protocol, isText ? text : fromHex(text), options.secret ?? null);
        print(options, description, formatDescription(description));
      } catch (error) {
        if (!(error instanceof OpenPrepayError)) throw error;
        printError(options, error);
        process.exitCode = EXIT.no;
      }
    });
}
