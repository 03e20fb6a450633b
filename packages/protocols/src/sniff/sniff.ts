import { type CompiledConvention, compileConvention, type DtuConvention, MAX_MARK_BYTES } from '../dtu/convention.ts';
import { matchRegistration } from '../dtu/match.ts';
import { protocolError } from '../errors.ts';

/** What a new connection's first bytes are. */
export type Sniffed =
  /** A meter of the vendor with a modem of its own: `7B7B`. */
  | { readonly kind: 'acrel4g' }
  /** A gateway of the vendor: `1F1F`. */
  | { readonly kind: 'acrelgw' }
  /** A modem that registers by this convention. */
  | { readonly kind: 'dtu'; readonly convention: DtuConvention }
  /** A DL/T 645 or CJ/T 188 meter behind a modem that does not say which one it is: nobody's, until someone claims it. */
  | { readonly kind: 'bare_meter' }
  /** The bytes may still be several of these: ask again with more of them, or with the silence that follows. */
  | { readonly kind: 'more' }
  | { readonly kind: 'garbage' };

export type Sniffer = (bytes: Uint8Array, silent: boolean) => Sniffed;

/** By then every convention has decided. */
export const MAX_SNIFF_BYTES = MAX_MARK_BYTES;
export const MAX_CONVENTIONS = 16;
/** The standards allow four; any number occurs. */
const MAX_PREAMBLE_BYTES = 16;

/**
 * Tells protocols by the first bytes of a connection, all of them from the first on, in as many calls as it takes. The same
 * bytes give the same answer however they arrive: as long as what comes first in the list may still be, nothing after it is
 * taken. `silent` says that nothing followed for some 500 ms.
 * @param conventions in the order in which they are tried
 * @throws frame.bad_value for a convention that could not be recognised, or more than 16
 */
export function createSniffer(conventions: readonly DtuConvention[]): Sniffer {
  if (conventions.length > MAX_CONVENTIONS) {
    throw protocolError('frame.bad_value', `at most ${MAX_CONVENTIONS} conventions of DTUs`);
  }
  const compiled = conventions.map((one) => [one, compileConvention(one)] as const);
  return (bytes, silent) => {
    const begun = bytes.subarray(0, MAX_SNIFF_BYTES);
    const isEnd = silent || begun.length === MAX_SNIFF_BYTES;
    for (const candidate of candidatesOf(begun, isEnd, compiled)) {
      if (candidate !== null) return candidate.kind === 'more' && isEnd ? { kind: 'garbage' } : candidate;
    }
    return begun.length === 0 ? { kind: 'more' } : { kind: 'garbage' };
  };
}

type Candidates = Iterable<Sniffed | null>;

function* candidatesOf(
  bytes: Uint8Array,
  silent: boolean,
  conventions: readonly (readonly [DtuConvention, CompiledConvention])[],
): Candidates {
  yield twice(bytes, 0x7b, { kind: 'acrel4g' }, silent);
  yield twice(bytes, 0x1f, { kind: 'acrelgw' }, silent);
  for (const [convention, { registration }] of conventions) {
    const match = matchRegistration(bytes, registration, silent);
    if (match === 'more') yield { kind: 'more' };
    else if (match !== 'no') yield { kind: 'dtu', convention };
  }
  yield bareMeter(bytes, silent);
}

function twice(bytes: Uint8Array, mark: number, found: Sniffed, silent: boolean): Sniffed | null {
  if (bytes[0] !== mark) return null;
  if (bytes[1] === mark) return found;
  return bytes.length === 1 && !silent ? { kind: 'more' } : null;
}

/** `68`, after as many FE as the meter sends to wake the line. */
function bareMeter(bytes: Uint8Array, silent: boolean): Sniffed | null {
  const start = bytes.findIndex((byte) => byte !== 0xfe);
  if (start >= 0) return bytes[start] === 0x68 && start <= MAX_PREAMBLE_BYTES ? { kind: 'bare_meter' } : null;
  return bytes.length > 0 && bytes.length <= MAX_PREAMBLE_BYTES && !silent ? { kind: 'more' } : null;
}
