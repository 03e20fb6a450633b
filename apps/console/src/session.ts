import type { Caller, ExportRequest, NeedsCode } from '@openprepay/contract';
import { CallError, type CallInput, call, exportList, type ListCall } from '@openprepay/contract/client';
import { computed, shallowRef } from 'vue';
import { may, type Permission } from './permissions.ts';

type CallName = Parameters<typeof call>[0];

/** undefined: not asked yet. null: nobody is signed in. */
export const operator = shallowRef<Caller | null>();

/** The session ended under our hands, rather than by signing out; the sign-in page says so. */
export const sessionEnded = shallowRef(false);

/** Whether the operator's role and scope allow it. */
export const allowed = (permission: Permission) =>
  computed(() => may(operator.value?.role, permission, operator.value?.scope.kind));

/** Calls a route. A session that has ended leads to the sign-in page, whatever was being done. */
export const send = <N extends CallName>(name: N, input: CallInput<N>) => watched(() => call(name, input));

/** A list as a file. */
export const sendExport = (list: ListCall, asked: ExportRequest): Promise<Blob> =>
  watched(() => exportList(list, asked));

async function watched<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CallError && error.problem.status === 401 && operator.value) {
      operator.value = null;
      sessionEnded.value = true;
    }
    throw error;
  }
}

/** Who is signed in, asked once; a server that does not answer is an error, not a signed-out operator. */
export async function resumeSession(): Promise<Caller | null> {
  if (operator.value !== undefined) return operator.value;
  try {
    operator.value = await call('me', {});
  } catch (error) {
    if (!(error instanceof CallError) || error.problem.status !== 401) throw error;
    operator.value = null;
  }
  return operator.value;
}

/** @returns a ticket for the second step, where one is asked for; otherwise signed in */
export async function signIn(login: string, password: string): Promise<string | null> {
  return entered(await call('signIn', { body: { login, password } }));
}

/** After the identity provider sent the browser back with this query. @returns like `signIn` */
export async function finishIssuerSignIn(query: string): Promise<string | null> {
  return entered(await call('finishIssuerSignIn', { body: { query } }));
}

function entered(answer: Caller | NeedsCode): string | null {
  if ('needsCode' in answer) return answer.ticket;
  operator.value = answer;
  sessionEnded.value = false;
  return null;
}

export async function signInCode(ticket: string, code: string): Promise<void> {
  operator.value = await call('signInCode', { body: { ticket, code } });
  sessionEnded.value = false;
}

/** Asks again who is signed in, after something changed about him. */
export async function refreshOperator(): Promise<void> {
  operator.value = await send('me', {});
}

/** Leaves the console even when the server cannot be told; the session then ends by its own time. */
export async function signOut(): Promise<void> {
  await call('signOut', {}).catch(() => null);
  operator.value = null;
  sessionEnded.value = false;
}
