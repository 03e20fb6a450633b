import type { Command } from '@openprepay/contract';

const STEPS = ['queued', 'sent', 'acknowledged', 'confirmed'] as const;
type StepName = (typeof STEPS)[number];

export interface Step {
  readonly name: StepName;
  readonly at: string | null;
  readonly reached: boolean;
  /** The step that is waited for now. */
  readonly next: boolean;
}

type Progress = Pick<Command, 'state' | 'createdAt' | 'sentAt' | 'acknowledgedAt' | 'finishedAt'>;

export const isUnderWay = ({ state }: Pick<Command, 'state'>): boolean =>
  state === 'queued' || state === 'sent' || state === 'acknowledged';

/** How far a command has come. A confirmed one has come all the way, even where a step was not seen by itself. */
export function stepsOf(command: Progress): Step[] {
  const confirmed = command.state === 'confirmed';
  const times: Record<StepName, string | null> = {
    queued: command.createdAt,
    sent: command.sentAt,
    acknowledged: command.acknowledgedAt,
    confirmed: confirmed ? command.finishedAt : null,
  };
  const reached = STEPS.map((name) => confirmed || times[name] !== null);
  const next = isUnderWay(command) ? reached.lastIndexOf(true) + 1 : -1;
  return STEPS.map((name, i) => ({ name, at: times[name], reached: reached[i] ?? false, next: i === next }));
}
