/** The token of a link, from its fragment, which browsers never send to a server. */
export function tokenOf(): string {
  return new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
}
