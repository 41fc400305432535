import createClient from 'openapi-fetch';
import type { paths, Problem } from './schema';

/** The API of the server that delivered this page. */
export const api = createClient<paths>({ baseUrl: '/', querySerializer: { array: { style: 'form', explode: true } } });

/** A refusal, with the server's problem document. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiError';
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('The server did not answer.', { cause });
    this.name = 'Unreachable';
  }
}

/** A part of the console itself did not arrive. */
export class Unloaded extends Error {
  constructor(cause: unknown) {
    super('A script could not be loaded.', { cause });
    this.name = 'Unloaded';
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's body; a refusal is thrown as {@link ApiError}. */
export async function take<T>(call: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const answer = await reached(call);
  if (!answer.response.ok) throw new ApiError(problemOf(answer));
  return answer.data as NonNullable<T>;
}

/** For answers without a body. */
export async function done(call: Promise<Answer<unknown>>): Promise<void> {
  const answer = await reached(call);
  if (!answer.response.ok) throw new ApiError(problemOf(answer));
}

/** For deletions: what is not there any more is deleted, whoever did it. The answer to the first try may have been lost. */
export async function gone(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isCode(error, 'not_found')) throw error;
  }
}

async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Unreachable(cause);
  }
}

function problemOf({ error, response }: Answer<unknown>): Problem {
  if (typeof error === 'object' && error !== null && 'code' in error) return error as Problem;
  return {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: 'unknown',
    detail: `The server answered ${response.status} without saying why.`,
    request_id: response.headers.get('x-request-id') ?? '',
  };
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}

/** `If-Match` for the version that an edit is based on. */
export function ifMatch(version: number): { 'If-Match': string } {
  return { 'If-Match': `"${version}"` };
}

/** For what must not be done twice: kept with it, and sent again with it if no answer came. A fresh one protects nothing. */
export function idempotencyKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
