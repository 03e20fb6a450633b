import {
  type AccountFacts,
  type AlarmLadder,
  availableFen,
  type CalendarFacts,
  type CutCalendar,
  calendarAt,
  decide,
  isCutForBalance,
  mustTellAgain,
  type NoticeStage,
  type OverrideMode,
  overrideHolds,
  planNotices,
  type ReconcileFacts,
  type SwitchDecision,
  type SwitchFacts,
  type SwitchReason,
} from '@openprepay/domain';
import type { Fen } from '@openprepay/kernel';

/** One meter with all that its decision depends on; what belongs to its account or market is repeated on each meter. */
export interface MeterFacts {
  readonly meterId: string;
  /** Null: it has neither. */
  readonly switchKind: 'relay' | 'valve' | null;
  readonly overrideMode: OverrideMode;
  readonly overrideUntil: Date | null;
  readonly overrideBy: string | null;
  /** By a person, or with the whole site. */
  readonly lockedOut: boolean;
  readonly wanted: 'on' | 'off' | null;
  readonly wantedReason: string | null;
  readonly wantedSeq: bigint;
  readonly reported: ReconcileFacts['reported'];
  readonly reportedAt: Date | null;
  readonly lastReadAt: Date | null;
  readonly protectedStall: boolean;
  /** Null: the meter is at no stall. */
  readonly stallType: string | null;
  readonly account: (AccountFacts & { readonly accountId: string }) | null;
  /** Open notices of the account, by stage. */
  readonly notices: ReadonlyMap<NoticeStage, { readonly deliveredAt: Date | null }>;
  readonly hasOpenCommand: boolean;
  /** The open command is an off that is not on the wire. */
  readonly hasQueuedOff: boolean;
  readonly hasOpenException: boolean;
  readonly lastCommandEndedAt: Date | null;
  readonly market: {
    readonly notOpenIsOff: boolean;
    readonly finalNoticeWaitS: number;
    readonly staleAfterS: number;
    readonly ladder: AlarmLadder;
    readonly restoreMinimumFen: Fen;
    readonly commandLimitS: number;
    /** How many relays close a second where many are to; null: all at once. */
    readonly reclosePerS: number | null;
  };
}

/** Meters of one market, and when that market does not cut. */
export interface MarketFacts {
  readonly meters: readonly MeterFacts[];
  readonly calendar: CutCalendar;
}

export interface NoticeStep {
  readonly accountId: string;
  readonly stage: NoticeStage;
  /** Of the utility purse, as the notice tells it. */
  readonly balanceFen: Fen;
}

export interface WantedChange {
  readonly meterId: string;
  readonly wanted: 'on' | 'off' | null;
  readonly reason: SwitchReason;
  /** The state changes, not only the reason for it: the meter must be told. */
  readonly isSwitch: boolean;
  /** Grows with each switch. */
  readonly wantedSeq: bigint;
  readonly operatorId: string | null;
  /** What the account could use then; null where there is none. */
  readonly availableFen: Fen | null;
  /** It closes a relay that nobody has just paid for: where many are to close, it has its turn. */
  readonly takesTurn: boolean;
}

/** A meter that does not agree with the state wanted, which has not changed. */
export interface Repeat {
  readonly meterId: string;
  readonly wanted: 'on' | 'off';
  readonly wantedSeq: bigint;
  readonly takesTurn: boolean;
}

/** What must be written so that the rows say what the rules say. */
export interface ControlPlan {
  readonly raise: readonly NoticeStep[];
  readonly close: readonly NoticeStep[];
  readonly endedOverrides: readonly string[];
  readonly changes: readonly WantedChange[];
  /** What is wanted instead, where an order that is still queued can be taken back. */
  readonly withdrawals: readonly WantedChange[];
  readonly tellAgain: readonly Repeat[];
  readonly closeExceptions: readonly string[];
  /** Every meter that the plan touches, itself or through its account. */
  readonly meterIds: readonly string[];
}

/**
 * Decides for meters of one market. Pure: the same facts at the same instant give the same plan.
 * @param recalled meters whose queued order, also one to switch on, a person takes back where the rules would leave them
 */
export function planControl({ meters, calendar }: MarketFacts, at: Date, recalled?: ReadonlySet<string>): ControlPlan {
  const calendarOf = calendarAt(calendar, at);
  const raise = new Map<string, NoticeStep>();
  const close = new Map<string, NoticeStep>();
  const endedOverrides: string[] = [];
  const changes: WantedChange[] = [];
  const withdrawals: WantedChange[] = [];
  const tellAgain: Repeat[] = [];
  const closeExceptions: string[] = [];
  const touched = new Set<string>();

  for (const meter of meters) {
    const { meterId } = meter;
    const mark = <T>(list: T[], item: T) => {
      list.push(item);
      touched.add(meterId);
    };
    const steps = noticeSteps(meter);
    for (const step of steps.raise) raise.set(`${step.accountId} ${step.stage}`, step);
    for (const step of steps.close) close.set(`${step.accountId} ${step.stage}`, step);
    if (steps.raise.length + steps.close.length > 0) touched.add(meterId);

    const override = { mode: meter.overrideMode, until: meter.overrideUntil };
    if (override.mode !== 'auto' && !overrideHolds(override, at)) mark(endedOverrides, meterId);

    // A meter without a relay or valve is read and charged; there is nothing of it to want.
    if (meter.switchKind === null) continue;

    const decision = decide(switchFacts(meter, calendarOf(meter.stallType), at), at);
    if ((meter.hasQueuedOff || recalled?.has(meterId)) && decision.wanted === 'leave') {
      mark(withdrawals, withdrawal(meter, decision.reason));
      continue;
    }
    const change = wantedChange(meter, decision);
    if (change) mark(changes, change);
    if (change?.isSwitch) continue;
    if (meter.hasOpenException && meter.wanted !== null && meter.reported === meter.wanted) {
      mark(closeExceptions, meterId);
    }
    const repeat = repeatOf(meter, decision);
    if (repeat && mustTellAgain(meter, at)) mark(tellAgain, repeat);
  }
  return {
    raise: [...raise.values()],
    close: [...close.values()],
    endedOverrides,
    changes,
    withdrawals,
    tellAgain,
    closeExceptions,
    meterIds: [...touched],
  };
}

function noticeSteps({ account, notices, market }: MeterFacts): { raise: NoticeStep[]; close: NoticeStep[] } {
  if (account === null) return { raise: [], close: [] };
  const plan = planNotices(account, market.ladder, new Set(notices.keys()));
  const step = (stage: NoticeStage) => ({ accountId: account.accountId, stage, balanceFen: account.utilityFen });
  return { raise: plan.raise.map(step), close: plan.close.map(step) };
}

/** What the rules ask of a meter; a final notice that is due is raised at `at`. */
export function switchFacts(meter: MeterFacts, calendar: CalendarFacts, at: Date): SwitchFacts {
  const isFinalRaised = noticeSteps(meter).raise.some((step) => step.stage === 'final');
  return {
    ...calendar,
    safetyLockout: meter.lockedOut,
    override: { mode: meter.overrideMode, until: meter.overrideUntil },
    account: meter.account,
    notOpenIsOff: meter.market.notOpenIsOff,
    protectedStall: meter.protectedStall,
    finalNotice: meter.notices.get('final') ?? (isFinalRaised ? { deliveredAt: at } : null),
    finalNoticeWaitS: meter.market.finalNoticeWaitS,
    lastReadAt: meter.lastReadAt,
    staleAfterS: meter.market.staleAfterS,
    cutForBalance: isCutForBalance(meter.wanted, meter.wantedReason),
    restoreMinimumFen: meter.market.restoreMinimumFen,
  };
}

/** What a meter may be told once more; null: nothing. A cut is repeated only while the rules still ask for it. */
function repeatOf(meter: MeterFacts, decision: SwitchDecision): Repeat | null {
  const { meterId, wanted, wantedSeq, switchKind } = meter;
  if (wanted === null || (wanted === 'off' && decision.wanted !== 'off')) return null;
  return { meterId, wanted, wantedSeq, takesTurn: wanted === 'on' && switchKind === 'relay' };
}

/** What meters that did not get there are told once more when a person asks for it: at once, without the usual pause. */
export function repeatsOf({ meters, calendar }: MarketFacts, at: Date): Repeat[] {
  const calendarOf = calendarAt(calendar, at);
  return meters
    .filter((meter) => meter.reported !== meter.wanted && !meter.hasOpenCommand)
    .flatMap((meter) => repeatOf(meter, decide(switchFacts(meter, calendarOf(meter.stallType), at), at)) ?? []);
}

/** A decision to leave a meter changes no state, but says why it is still supplied, or why it stays off. */
function wantedChange(meter: MeterFacts, decision: SwitchDecision): WantedChange | null {
  const wanted = decision.wanted === 'leave' ? meter.wanted : decision.wanted;
  const reason = decision.wanted === 'leave' && wanted === 'off' ? whyStillOff(decision) : decision.reason;
  if (wanted === null || reason === null || (wanted === meter.wanted && reason === meter.wantedReason)) return null;
  const isSwitch = wanted !== meter.wanted;
  const isForced = reason === 'forced_on' || reason === 'forced_off';
  const isPaid = reason === 'balance_available' && isCutForBalance(meter.wanted, meter.wantedReason);
  return {
    meterId: meter.meterId,
    wanted,
    reason,
    isSwitch,
    wantedSeq: isSwitch ? meter.wantedSeq + 1n : meter.wantedSeq,
    operatorId: isForced ? meter.overrideBy : null,
    availableFen: meter.account && availableFen(meter.account),
    takesTurn: wanted === 'on' && meter.switchKind === 'relay' && !isPaid,
  };
}

/**
 * What spares a meter from a cut does not bring it back. When what it was switched off for is over, it is off because
 * nothing is available, and the first top-up will be told for one. Null: for the same reason as before.
 */
function whyStillOff({ reason }: SwitchDecision): SwitchReason | null {
  if (reason === 'below_restore_minimum') return reason;
  return reason === 'not_open' ? null : 'balance_used_up';
}

/**
 * An order is taken back before it was carried out: the meter that says it is on stays on. Of any other nothing is wanted
 * until a rule asks for it, so that leaving it never closes a relay.
 */
function withdrawal(meter: MeterFacts, reason: SwitchReason): WantedChange {
  return {
    meterId: meter.meterId,
    wanted: meter.reported === 'on' ? 'on' : null,
    reason,
    isSwitch: true,
    wantedSeq: meter.wantedSeq + 1n,
    operatorId: null,
    availableFen: meter.account && availableFen(meter.account),
    takesTurn: false,
  };
}
