import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, take } from '../../api/client';
import type { Token, TokenCreate, TokenCreated } from '../../api/schema';

/** The tokens of one account. */
export function tokensQuery(owner: string) {
  return queryOptions({
    queryKey: ['tokens', owner],
    queryFn: async ({ signal }): Promise<Token[]> => {
      const query = { filter: `owner_id == "${owner}"`, limit: 500 };
      return (await take(api.GET('/api/v1/tokens', { params: { query }, signal }))).items;
    },
  });
}

export function createToken(body: TokenCreate, key: string): Promise<TokenCreated> {
  return take(api.POST('/api/v1/tokens', { headers: { 'Idempotency-Key': key }, body }));
}

export function revokeToken(id: string) {
  return gone(done(api.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })));
}
