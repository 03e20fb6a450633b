import type { Problem } from '@openprepay/contract';
import { defineErrors, OpenPrepayError } from '@openprepay/kernel';
import type { FastifyError } from 'fastify';

export const httpError = defineErrors({
  'http.invalid_request': 400,
  'http.not_signed_in': 401,
  'http.forbidden': 403,
  'http.out_of_scope': 403,
  'http.session_only': 403,
  'http.password_change_needed': 403,
  'http.second_factor_needed': 403,
  'http.cross_origin': 403,
  'http.not_found': 404,
  'http.too_large': 413,
  'http.unsupported_media_type': 415,
  'http.too_many_streams': 503,
  'http.too_many_exports': 503,
  'http.too_many_rows': 413,
  'http.no_such_column': 422,
  'http.gone_away': 400,
  'http.bad_answer': 500,
});

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not possible',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'Bad answer from elsewhere',
  503: 'Unavailable',
};

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  404: 'http.not_found',
  413: 'http.too_large',
  415: 'http.unsupported_media_type',
};

const problem = (status: number, code: string, detail?: string, at?: unknown): Problem => ({
  type: 'about:blank',
  title: TITLES[status] ?? 'Error',
  status,
  code,
  ...(detail === undefined ? {} : { detail }),
  ...(typeof at === 'string' ? { at } : {}),
});

/** Any error as an RFC 9457 document. What went wrong inside is for the log, not for the caller. */
export function problemOf(error: Error | FastifyError): Problem {
  if (error instanceof OpenPrepayError) {
    if (error.status >= 500) return problem(error.status, error.code);
    return problem(error.status, error.code, error.message, error.details['at']);
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status < 400 || status >= 500) return problem(500, 'internal');
  return problem(status, CODE_OF_STATUS[status] ?? 'http.invalid_request', error.message);
}
