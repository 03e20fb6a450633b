import type { Authority } from '@openprepay/protocols/dlt645';

/** Level and code of the password that lets somebody write to the meter. */
export interface Password {
  readonly level: number;
  /** Six digits. */
  readonly code: string;
}

const USUAL_LEVEL = 2;
const CODE_DIGITS = 6;

/** As a site's `access.password` says it: six digits of level 2, or the level in two digits before them. */
export function passwordOf(access: Readonly<Record<string, string>> | undefined): Password {
  const text = (access?.['password'] ?? '').padStart(CODE_DIGITS, '0');
  const level = text.length > CODE_DIGITS ? Number.parseInt(text.slice(0, -CODE_DIGITS), 16) : USUAL_LEVEL;
  return { level, code: text.slice(-CODE_DIGITS).toUpperCase() };
}

/** Whether it is let in. Level 98 and 99 need the security chip that this meter has not. */
export const opens = (password: Password, { level, code }: Pick<Authority, 'level' | 'code'>): boolean =>
  level === password.level && code === password.code;
