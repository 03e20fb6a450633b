import { fromHex, OpenPrepayError } from '@openprepay/kernel';
import { describeFrame, formatDescription } from '@openprepay/protocols/describe';
import { Argument, type Command } from 'commander';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';

const PROTOCOLS = ['acrel4g', 'modbus', 'cjt188', 'dlt645', 'ctwing'] as const;

export function addFrameCommand(program: Command): void {
  const frame = program.command('frame').description('work with recorded bytes');
  frame
    .command('decode')
    .description('say what a frame means, every field in words; exit code 1 when it is not a valid frame')
    .addArgument(new Argument('<protocol>', 'what the bytes are').choices(PROTOCOLS))
    .argument('<hex...>', 'the bytes in hexadecimal, spaces allowed; for ctwing also the JSON text itself')
    .option('--json', 'one JSON object')
    .action((protocol: (typeof PROTOCOLS)[number], words: string[], options: OutputOptions) => {
      const text = words.join(' ');
      try {
        const description = describeFrame(
          protocol,
          protocol === 'ctwing' && text.trimStart().startsWith('{') ? text : fromHex(text),
        );
        print(options, description, formatDescription(description));
      } catch (error) {
        if (!(error instanceof OpenPrepayError)) throw error;
        printError(options, error);
        process.exitCode = EXIT.no;
      }
    });
}
