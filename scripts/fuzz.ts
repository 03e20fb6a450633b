import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type FuzzResult, fuzz, isGood } from '../packages/protocols/test-support/fuzz.ts';

/*
 * Mutated frames through every decoder and driver: npm run fuzz -- --frames 10000000 [--seed 1] [--threads 2]
 * The same seed and threads give the same frames. Prints its progress on stderr and one JSON document at the end; exits with
 * 1 on an error that is not the package's own, an accepted wrong checksum or a buffer over its bound.
 */

interface Share {
  readonly frames: number;
  readonly seed: number;
}
type Message = { readonly done: number } | { readonly results: FuzzResult[] };

const TOLD_EVERY = 50_000;

function work({ frames, seed }: Share): void {
  // Most frames end in an error that nobody looks at.
  Error.stackTraceLimit = 0;
  const results = fuzz(frames, seed, (done) => {
    if (done % TOLD_EVERY === 0) parentPort?.postMessage({ done } satisfies Message);
  });
  parentPort?.postMessage({ results } satisfies Message);
}

function runShare(share: Share, onProgress: (done: number) => void): Promise<FuzzResult[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    worker.on('message', (message: Message) => {
      if ('results' in message) resolve(message.results);
      else onProgress(message.done);
    });
    worker.on('error', reject);
  });
}

function merged(parts: readonly FuzzResult[]): FuzzResult[] {
  const bySubject = Map.groupBy(parts, ({ subject }) => subject);
  return [...bySubject.values()].map((same) => ({
    subject: same[0]?.subject ?? '',
    frames: same.reduce((sum, { frames }) => sum + frames, 0),
    accepted: same.reduce((sum, { accepted }) => sum + accepted, 0),
    refused: same.reduce((sum, { refused }) => sum + refused, 0),
    thrown: same.flatMap(({ thrown }) => thrown),
    badChecksums: same.flatMap(({ badChecksums }) => badChecksums),
    largestBufferBytes: Math.max(...same.map(({ largestBufferBytes }) => largestBufferBytes)),
    mostBufferedBytes: same[0]?.mostBufferedBytes ?? 0,
  }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '10000000' },
      seed: { type: 'string', default: '1' },
      threads: { type: 'string', default: '2' },
    },
  });
  const [frames, seed, threads] = [Number(values.frames), Number(values.seed), Number(values.threads)];
  if (![frames, seed, threads].every((number) => Number.isSafeInteger(number) && number > 0)) {
    throw new Error('--frames, --seed and --threads are whole numbers above zero');
  }
  const startedMs = performance.now();
  const done = new Array<number>(threads).fill(0);
  const shares = Array.from({ length: threads }, (_, at) =>
    runShare({ frames: Math.ceil(frames / threads), seed: seed * threads + at }, (share) => {
      done[at] = share;
      const sum = done.reduce((total, one) => total + one, 0);
      process.stderr.write(`\r${sum.toLocaleString('en')} of ${frames.toLocaleString('en')} frames`);
    }),
  );
  const results = merged((await Promise.all(shares)).flat());
  const good = results.every(isGood);
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  process.stderr.write('\n');
  console.log(JSON.stringify({ frames, seed, threads, seconds, good, results }, null, 2));
  process.exitCode = good ? 0 : 1;
}

if (isMainThread) await main();
else work(workerData as Share);
