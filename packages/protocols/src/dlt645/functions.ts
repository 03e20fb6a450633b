import { CONTROL, type Dlt645Frame, type Edition, functionOf } from './frame.ts';

/** The low five bits of C: what is asked, and so what is answered. Table 3 of DL/T 645-2007. */
export const FUNCTION_2007 = {
  authenticate: 0x03,
  set_time: 0x08,
  read: 0x11,
  read_more: 0x12,
  read_address: 0x13,
  write: 0x14,
  write_address: 0x15,
  freeze: 0x16,
  set_baud: 0x17,
  set_password: 0x18,
  clear_demand: 0x19,
  clear_meter: 0x1a,
  clear_events: 0x1b,
  control: 0x1c,
  set_terminal: 0x1d,
} as const;

export const FUNCTION_1997 = {
  read: 0x01,
  read_more: 0x02,
  write: 0x04,
  set_time: 0x08,
  write_address: 0x0a,
  set_baud: 0x0c,
  set_password: 0x0f,
  clear_demand: 0x10,
} as const;

export type FunctionName = keyof typeof FUNCTION_2007;

const FUNCTIONS: Readonly<Record<Edition, Readonly<Partial<Record<FunctionName, number>>>>> = {
  '2007': FUNCTION_2007,
  '1997': FUNCTION_1997,
};

export const functionCode = (edition: Edition, name: FunctionName): number | null => FUNCTIONS[edition][name] ?? null;

interface Identity {
  readonly edition: Edition;
  readonly name: FunctionName;
}

/** As many as five bits tell apart. */
const FUNCTION_CODES = CONTROL.function + 1;

const isFunctionName = (name: string): name is FunctionName => name in FUNCTION_2007;

/** The later ones win: 08 is in both editions, and means the same bytes in both. */
const IDENTITIES: readonly (Identity | null)[] = identities();

function identities(): (Identity | null)[] {
  const byCode = new Array<Identity | null>(FUNCTION_CODES).fill(null);
  for (const edition of ['1997', '2007'] as const) {
    for (const [name, code] of Object.entries(FUNCTIONS[edition])) {
      if (isFunctionName(name)) byCode[code] = { edition, name };
    }
  }
  return byCode;
}

/** What a frame's control code means, and so of which edition it is; the address never tells. Null when neither has it. */
export const identify = (frame: Dlt645Frame): Identity | null => IDENTITIES[functionOf(frame)] ?? null;
