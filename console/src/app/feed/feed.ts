/**
 * What happens elsewhere reaches what is shown here. The server tells it on one connection per tab; what it touches is
 * marked in the query cache, and what of it is shown is fetched anew. Without the connection everything shown is, once a
 * minute.
 */

import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Change } from '../../api/schema';
import { meQuery } from '../../features/sessions/api';
import { Connection, type Message, type State } from './connection';
import { isShown, renewAll, renewNumbers, renewTask, renewTouched, renewUsed, type Moved } from './renewal';
import type { Happened } from './touches';

/** What comes in a burst is looked through once, */
const GATHER = 60;
/** and what keeps coming, at most as often as this. */
const BREATH = 1000;
const POLL = 60_000;
/** How long a command that was done here and the feed's word of it may be apart. */
const ECHO = 5000;
/** More paths than these stand for anywhere. */
const MANY_PATHS = 200;

/** What is shown about it: `renewed`, when what is shown was known to be true for the last time, in milliseconds. */
export type FeedState = { kind: State['kind']; renewed: number };

const IDLE: FeedState = { kind: 'idle', renewed: 0 };

let feed: Feed | undefined;
let state: FeedState = IDLE;
const listeners = new Set<() => void>();

/** Begins to listen; early, so that whatever is fetched afterwards misses nothing. */
export function follow(client: QueryClient): void {
  if (feed?.client === client) return;
  unfollow();
  feed = new Feed(client);
}

export function unfollow(): void {
  feed?.close();
  feed = undefined;
  show(IDLE);
}

export function useFeed(): FeedState {
  return useSyncExternalStore(subscribe, () => state);
}

/** Asks again at once, for the feed and for what is shown. */
export async function renewNow(): Promise<void> {
  await feed?.renew();
}

/** For how long what has arrived is taken to be true: whatever happens to it is told, or else nobody knows. */
export function freshFor(): number {
  return state.kind === 'live' ? 60_000 : 5000;
}

type Subject = { id: string; path: string };

/** What a command has done here, without waiting for the feed to tell it. Resolves when what is shown is renewed. */
export function happened(client: QueryClient, action: Change['action'], ...subjects: Subject[]): Promise<void> {
  const changes = subjects.map(({ id, path }) => ({ action, subject_id: id, path }));
  return renewTouched(
    client,
    changes.filter((change) => !isEcho(change, 'here')),
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function show(next: FeedState): void {
  if (next.kind === state.kind && next.renewed === state.renewed) return;
  state = next;
  for (const listener of listeners) listener();
}

class Feed {
  readonly client: QueryClient;
  private readonly connection: Connection;
  private readonly ended = new AbortController();
  private poll: ReturnType<typeof setInterval> | undefined;
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private told = 0;
  private changes: Happened[] = [];
  /** `null`: anywhere. */
  private used: Set<string> | null = new Set();

  constructor(client: QueryClient) {
    this.client = client;
    this.connection = new Connection({
      ask: (headers, signal) => fetch('/api/v1/feed', { headers, signal, cache: 'no-store' }),
      onMessage: (message) => this.hear(message),
      onGap: () => void renewAll(client),
      onState: (now) => this.enter(now),
      // Whoever asks who is signed in hears it, and the router leads to the sign-in page.
      onSignedOut: () => void client.fetchQuery({ ...meQuery(), staleTime: 0 }).catch(() => undefined),
    });
    this.connection.setShown(isShown());
    const { signal } = this.ended;
    document.addEventListener('visibilitychange', () => this.connection.setShown(isShown()), { signal });
    addEventListener('online', () => this.connection.retry(), { signal });
  }

  close(): void {
    this.ended.abort();
    this.connection.close();
    clearInterval(this.poll);
    clearTimeout(this.gathering);
  }

  async renew(): Promise<void> {
    this.connection.retry();
    const asked = Date.now();
    await renewAll(this.client);
    const failed = this.client
      .getQueryCache()
      .findAll({ type: 'active' })
      .some((query) => query.state.status === 'error' || query.state.fetchFailureCount > 0);
    if (!failed && state.kind !== 'live') show({ kind: state.kind, renewed: asked });
  }

  private enter(now: State): void {
    const away = now.kind === 'away' || now.kind === 'absent';
    const renewed = now.kind === 'away' ? Math.max(now.since, state.renewed) : Date.now();
    show({ kind: now.kind, renewed });
    if (away) this.poll ??= setInterval(() => isShown() && void this.renew(), POLL);
    else {
      clearInterval(this.poll);
      this.poll = undefined;
    }
  }

  private hear(message: Message): void {
    const news = newsOf(message);
    switch (news?.kind) {
      case 'change':
        this.changes.push(news.change);
        break;
      case 'usage':
        for (const path of news.paths ?? []) this.used?.add(path);
        if (news.paths === null || (this.used?.size ?? 0) > MANY_PATHS) this.used = null;
        break;
      case 'task':
        void renewTask(this.client, news.moved);
        return;
      case 'views':
        void this.client.invalidateQueries({ queryKey: ['views'] });
        return;
      case 'reset':
        void renewAll(this.client);
        return;
      case undefined:
        // A newer server has more to tell.
        return;
    }
    this.gathering ??= setTimeout(() => this.tell(), Math.max(GATHER, this.told + BREATH - Date.now()));
  }

  private tell(): void {
    this.gathering = undefined;
    this.told = Date.now();
    const { changes, used } = this;
    this.changes = [];
    this.used = new Set();
    void renewTouched(
      this.client,
      changes.filter((change) => !isEcho(change, 'there')),
    );
    if (used === null) void renewNumbers(this.client);
    else if (used.size > 0) void renewUsed(this.client, [...used]);
  }
}

type News =
  | { kind: 'change'; change: Happened }
  | { kind: 'usage'; paths: string[] | null }
  | { kind: 'task'; moved: Moved }
  | { kind: 'views' }
  | { kind: 'reset' };

/** What an event says. One that can't be read may have been anything. */
export function newsOf({ event, data }: Message): News | undefined {
  try {
    switch (event) {
      case 'change': {
        const { action, subject_id, path } = JSON.parse(data) as Happened;
        return { kind: 'change', change: { action, subject_id, path: path.toString() } };
      }
      case 'usage': {
        const { paths } = JSON.parse(data) as { paths: string[] | null };
        return { kind: 'usage', paths: paths && [...paths] };
      }
      case 'task': {
        const { id, state: now, progress } = JSON.parse(data) as Moved;
        return { kind: 'task', moved: { id, state: now, progress } };
      }
      case 'views':
      case 'reset':
        return { kind: event };
      default:
        return undefined;
    }
  } catch {
    return { kind: 'reset' };
  }
}

type Side = 'here' | 'there';

/** What was applied a moment ago, from one side; by what and to whom. */
const applied = new Map<string, { side: Side; times: number; at: number }>();

/** Each command is heard of twice, by its answer and by the feed: whichever comes second changes nothing any more. */
function isEcho({ action, subject_id }: Happened, side: Side): boolean {
  const key = `${action} ${subject_id}`;
  const now = Date.now();
  for (const [old, { at }] of applied) if (now - at > ECHO) applied.delete(old);
  const other = applied.get(key);
  if (other && other.side !== side && other.times > 0) {
    other.times -= 1;
    return true;
  }
  applied.set(key, { side, times: other?.side === side ? other.times + 1 : 1, at: now });
  return false;
}
