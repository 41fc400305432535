/**
 * The connection on which the server tells what happens. `EventSource` says neither why it was refused nor whether it
 * still hears anything, and begins anew after a pause; so the stream is read here.
 */

import { createParser } from 'eventsource-parser';

/** One event, as it came. */
export type Message = { event: string; data: string };

export type State =
  /** Not asked yet, or not while nobody looks. */
  | { kind: 'idle' }
  | { kind: 'live' }
  /** `since`: when something was heard for the last time, in milliseconds. */
  | { kind: 'away'; since: number }
  /** The server has none. */
  | { kind: 'absent' };

type Options = {
  ask: (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;
  onMessage: (message: Message) => void;
  /** What happened until now may have been missed. */
  onGap: () => void;
  onState: (state: State) => void;
  /** Nobody is signed in any more. It is not asked again. */
  onSignedOut: () => void;
};

/** The server says something at least each 15 seconds. */
const SILENCE = 40_000;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
/** Where there is no feed, or it is refused, one may come with the next version. */
const ABSENT_PAUSE = 600_000;
/** Nobody looks: the connection is given back, since browsers have few of them for each server. */
const HIDDEN = 30_000;
/** An event is a few hundred characters. */
const LONGEST_EVENT = 1_000_000;

type End = 'ended' | 'absent' | 'signed_out';

export class Connection {
  private readonly options: Options;
  private readonly closed = new AbortController();
  private attempt: AbortController | undefined;
  private lastId = '';
  private caughtUp: string | undefined;
  private failures = 0;
  private lastHeard = Date.now();
  private isHidden = false;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  /** Ends the present pause. */
  private wake: () => void = () => undefined;

  constructor(options: Options) {
    this.options = options;
    void this.run();
  }

  /** Where the tab is hidden for a while, nothing is heard until it is shown. */
  setShown(shown: boolean): void {
    clearTimeout(this.hiding);
    if (!shown) {
      this.hiding = setTimeout(() => {
        this.isHidden = true;
        this.attempt?.abort();
      }, HIDDEN);
      return;
    }
    this.isHidden = false;
    this.wake();
  }

  /** Does not wait until the next try is due. */
  retry(): void {
    this.wake();
  }

  close(): void {
    clearTimeout(this.hiding);
    this.closed.abort();
    this.attempt?.abort();
    this.wake();
  }

  private get isClosed(): boolean {
    return this.closed.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      if (this.isHidden) {
        this.options.onState({ kind: 'idle' });
        await this.pause();
        continue;
      }
      const end = await this.listen();
      if (this.isClosed) return;
      if (end === 'signed_out') return this.options.onSignedOut();
      if (this.isHidden) continue;
      this.options.onState(end === 'absent' ? { kind: 'absent' } : { kind: 'away', since: this.lastHeard });
      await this.pause(end === 'absent' ? ABSENT_PAUSE : this.nextPause());
    }
  }

  /** Asks once, and hears until it ends. */
  private async listen(): Promise<End> {
    const attempt = new AbortController();
    this.attempt = attempt;
    this.caughtUp = undefined;
    let watchdog = setTimeout(() => attempt.abort(), SILENCE);
    try {
      const headers = { accept: 'text/event-stream', ...(this.lastId && { 'last-event-id': this.lastId }) };
      const response = await this.options.ask(headers, attempt.signal);
      if (response.status === 401) return 'signed_out';
      if (response.status === 404 || response.status === 403) return 'absent';
      if (!response.ok || !response.body) return 'ended';
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return 'absent';
      if (this.lastId === '') this.options.onGap();
      this.options.onState({ kind: 'live' });
      const parser = createParser({
        maxBufferSize: LONGEST_EVENT,
        onEvent: ({ id, event = 'message', data }) => {
          // A connection that says something works.
          this.failures = 0;
          this.options.onMessage({ event, data });
          this.remember(event, id);
        },
        onComment: () => (this.failures = 0),
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        this.lastHeard = Date.now();
        const { value, done } = await reader.read();
        if (done) return 'ended';
        clearTimeout(watchdog);
        watchdog = setTimeout(() => attempt.abort(), SILENCE);
        parser.feed(value);
      }
    } catch {
      // The network, the watchdog, or nobody looks: it is tried again, whatever it was.
      return 'ended';
    } finally {
      clearTimeout(watchdog);
      attempt.abort();
    }
  }

  /**
   * Where to go on after an interruption. `ready` comes before what was missed and names the place after it, so that it
   * holds at the end of that: at the first event that names none itself.
   */
  private remember(event: string, id: string | undefined): void {
    if (event === 'ready' && this.lastId !== '') {
      this.caughtUp = id;
      return;
    }
    this.lastId = id ?? this.caughtUp ?? this.lastId;
    if (id === undefined) this.caughtUp = undefined;
  }

  /** Longer each time, and not the same for all tabs that lost the same server. */
  private nextPause(): number {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures);
    this.failures += 1;
    return longest * (0.5 + Math.random() / 2);
  }

  private pause(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
