/** What two filters find together, either of which may be missing. */
export function both(one: string | undefined, other: string | undefined): string | undefined {
  return one && other ? `(${one}) and (${other})` : one || other || undefined;
}
