import { toHex } from '@openprepay/kernel';
import { isProtocolError, meterModels } from '@openprepay/protocols';
import { driverOf } from '@openprepay/protocols/driver';
import { fuzzInnerSubjects } from './fuzz-inner-subjects.ts';
import { type FuzzSubject, fuzzSubjects } from './fuzz-subjects.ts';
import { fuzzTextSubjects } from './fuzz-text-subjects.ts';
import { type Draw, mutate, random } from './mutate.ts';
import { virtualMeterOf } from './virtual.ts';
import { MOST_QUESTIONS } from './virtual-meter.ts';

/** What became of the frames of one subject. The last three must be nothing. */
export interface FuzzResult {
  readonly subject: string;
  frames: number;
  accepted: number;
  refused: number;
  /** Errors that are not the package's own, with the frame that made them; the first few. */
  readonly thrown: string[];
  readonly badChecksums: string[];
  largestBufferBytes: number;
  readonly mostBufferedBytes: number;
}

const MOST_REPORTED = 5;
const BATCH = 1_000;

export const isGood = (result: FuzzResult): boolean =>
  result.thrown.length === 0 &&
  result.badChecksums.length === 0 &&
  result.largestBufferBytes <= result.mostBufferedBytes;

/** Runs so many mutated frames through every subject by turns. `progress` is told of each thousand. */
export function fuzz(frames: number, seed: number, progress: (frames: number) => void = () => {}): FuzzResult[] {
  const draw = random(seed);
  const subjects = [...fuzzSubjects(), ...fuzzTextSubjects(), ...fuzzInnerSubjects()];
  const runs = [...subjects.map(runOf), ...driverRuns()];
  for (let done = 0, turn = 0; done < frames; done += BATCH, turn++) {
    const run = runs[turn % runs.length];
    const until = (run?.result.frames ?? 0) + Math.min(BATCH, frames - done);
    while (run && run.result.frames < until) run.one(draw);
    progress(Math.min(done + BATCH, frames));
  }
  return runs.map(({ result }) => result);
}

interface Run {
  readonly result: FuzzResult;
  /** Takes at least one more frame. */
  readonly one: (draw: Draw) => void;
}

const emptyResult = (subject: string, mostBufferedBytes: number): FuzzResult => ({
  subject,
  frames: 0,
  accepted: 0,
  refused: 0,
  thrown: [],
  badChecksums: [],
  largestBufferBytes: 0,
  mostBufferedBytes,
});

/** The frame alone, and as a part of one endless stream of such frames. */
function runOf(subject: FuzzSubject): Run {
  const { name, frames, checksum, mostBufferedBytes } = subject;
  const result = emptyResult(name, mostBufferedBytes);
  const stream = subject.createStream?.();
  const one = (draw: Draw) => {
    const frame = frames[draw(frames.length)] ?? new Uint8Array(0);
    const mutant = mutate(frame, frames[draw(frames.length)] ?? frame, draw);
    const sent = checksum && draw(3) === 0 ? checksum.repaired(mutant) : mutant;
    result.frames++;
    const accepted = attempt(result, sent, () => subject.decode(sent));
    if (accepted && checksum && !checksum.fits(sent)) report(result.badChecksums, toHex(sent));
    if (!stream) return;
    try {
      for (const received of stream.push(sent)) {
        if (checksum && !checksum.fits(received.frame)) report(result.badChecksums, toHex(received.frame));
      }
    } catch (error) {
      report(result.thrown, `${error} of the stream on ${toHex(sent)}`);
    }
    result.largestBufferBytes = Math.max(result.largestBufferBytes, stream.bufferedBytes);
  };
  return { result, one };
}

function attempt(result: FuzzResult, sent: Uint8Array, work: () => unknown): boolean {
  try {
    work();
    result.accepted++;
    return true;
  } catch (error) {
    if (isProtocolError(error)) result.refused++;
    else report(result.thrown, `${error} on ${toHex(sent)}`);
    return false;
  }
}

function report(list: string[], line: string): void {
  if (list.length < MOST_REPORTED) list.push(line);
}

/** A reading, and a look at the switch, of each model from a meter whose answers are mutated. */
const driverRuns = (): Run[] =>
  Object.values(meterModels).map((model) => {
    const result = emptyResult(`driver of ${model.model}`, 0);
    const driver = driverOf(model);
    const checksum = fuzzSubjects().find(({ name }) =>
      name.startsWith(model.driver === 'modbus' ? 'modbus rep' : 'cjt188'),
    )?.checksum;
    const meter = virtualMeterOf(model, 0);
    const one = (draw: Draw) => {
      const dialogue = draw(4) === 0 && model.switch ? driver.readSwitch(meter.point, 'off') : driver.read(meter.point);
      let frame: Uint8Array = new Uint8Array(0);
      attempt(result, frame, () => {
        let step = dialogue.next();
        for (let asked = 0; !step.done; asked++) {
          if (asked > MOST_QUESTIONS) throw new Error('a dialogue without end');
          const answer = meter.answer(step.value.request) ?? frame;
          const mutant = draw(4) === 0 ? mutate(answer, frame, draw) : answer;
          frame = draw(4) === 0 ? mutant : (checksum?.repaired(mutant) ?? mutant);
          result.frames++;
          const fits = step.value.fits?.(frame) ?? false;
          if (fits && checksum && !checksum.fits(frame)) report(result.badChecksums, toHex(frame));
          // What does not fit never reaches a dialogue: a line waits for the next, and here it is the right one.
          step = dialogue.next(fits ? frame : answer);
        }
      });
    };
    return { result, one };
  });
