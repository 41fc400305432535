import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Connection, type Message, type State } from './connection';

type Told = {
  states: State['kind'][];
  messages: Message[];
  gaps: number;
  signedOut: number;
  ids: (string | undefined)[];
};

let told: Told;
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  told = { states: [], messages: [], gaps: 0, signedOut: 0, ids: [] };
});

afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

/** What the server says each time it is asked; the last answer stands for all that follow. */
function listenTo(...answers: (() => Response | Promise<Response>)[]): void {
  let asked = 0;
  connection = new Connection({
    ask: async (headers, signal) => {
      told.ids.push(headers['last-event-id']);
      const answer = await answers[Math.min(asked, answers.length - 1)]!();
      asked += 1;
      signal.addEventListener('abort', () => streams.at(-1)?.end());
      return answer;
    },
    onMessage: (message) => told.messages.push(message),
    onGap: () => (told.gaps += 1),
    onState: ({ kind }) => told.states.push(kind),
    onSignedOut: () => (told.signedOut += 1),
  });
}

type Stream = { say: (text: string) => void; end: () => void };
const streams: Stream[] = [];

function stream(): Response {
  let out: ReadableStreamDefaultController<Uint8Array>;
  let ended = false;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (out = controller) });
  streams.push({
    say: (text) => out.enqueue(new TextEncoder().encode(text)),
    end: () => {
      if (!ended) out.close();
      ended = true;
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

const refusal = (status: number) => () => new Response('{}', { status });
const now = () => streams.at(-1)!;
const settle = () => vi.advanceTimersByTimeAsync(0);

test('events arrive whole, however they are cut', async () => {
  listenTo(stream);
  await settle();
  expect(told.states).toEqual(['live']);
  now().say('event: change\nid: 7\nda');
  now().say('ta: {"path":"p/"}\n\n: beat\n\nevent: reset\ndata: {}\n\n');
  await settle();
  expect(told.messages).toEqual([
    { event: 'change', data: '{"path":"p/"}' },
    { event: 'reset', data: '{}' },
  ]);
});

test('a connection that ends is begun anew where it ended, so that nothing is missed', async () => {
  listenTo(stream);
  await settle();
  expect(told.gaps).toBe(1);
  now().say('event: change\nid: 7\ndata: {}\n\n');
  await settle();
  now().end();
  await settle();
  expect(told.states).toEqual(['live', 'away']);
  await vi.advanceTimersByTimeAsync(2000);
  expect(told.ids).toEqual([undefined, '7']);
  expect(told.states).toEqual(['live', 'away', 'live']);
  expect(told.gaps).toBe(1);
});

test('without a place to go on from, something may have been missed', async () => {
  listenTo(stream);
  await settle();
  now().end();
  await vi.advanceTimersByTimeAsync(2000);
  expect(told.ids).toEqual([undefined, undefined]);
  expect(told.gaps).toBe(2);
});

test('silence is no life: after the third beat that is missing it is asked again', async () => {
  listenTo(stream);
  await settle();
  await vi.advanceTimersByTimeAsync(30_000);
  now().say(': beat\n\n');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(told.states).toEqual(['live']);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(told.states).toEqual(['live', 'away', 'live']);
});

test('a server that is away is asked seldomer and seldomer, and at once when told to', async () => {
  let times = 0;
  listenTo(() => {
    times += 1;
    throw new TypeError('connection refused');
  });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(times).toBeGreaterThan(3);
  expect(times).toBeLessThan(10);
  await vi.advanceTimersByTimeAsync(600_000);
  const before = times;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(times - before).toBeLessThanOrEqual(4);
  const asked = times;
  connection.retry();
  await settle();
  expect(times).toBe(asked + 1);
});

test('one that drains is away for a moment, one without a feed has none', async () => {
  listenTo(refusal(503), stream);
  await vi.advanceTimersByTimeAsync(2000);
  expect(told.states).toEqual(['away', 'live']);
  connection.close();
  listenTo(refusal(404));
  told.states = [];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.states).toEqual(['absent']);
});

test('a session that ended is told once, and nothing is asked any more', async () => {
  listenTo(refusal(401));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toMatchObject({ signedOut: 1, states: [], ids: [undefined] });
});

test('while nobody looks the connection is given back, and taken up where it ended', async () => {
  listenTo(stream);
  await settle();
  now().say('event: change\nid: 9\ndata: {}\n\n');
  await settle();
  connection.setShown(false);
  await vi.advanceTimersByTimeAsync(10_000);
  connection.setShown(true);
  await vi.advanceTimersByTimeAsync(20_000);
  now().say(': beat\n\n');
  expect(told.states).toEqual(['live']);
  connection.setShown(false);
  await vi.advanceTimersByTimeAsync(35_000);
  expect(told.states).toEqual(['live', 'idle']);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(told.ids).toHaveLength(1);
  connection.setShown(true);
  await settle();
  expect(told.states).toEqual(['live', 'idle', 'live']);
  expect(told.ids).toEqual([undefined, '9']);
});

test('who hears of no change has a place to go on from, too', async () => {
  listenTo(stream);
  await settle();
  now().say('event: ready\nid: 3\ndata: {}\n\n');
  await settle();
  now().end();
  await vi.advanceTimersByTimeAsync(2000);
  expect(told.ids).toEqual([undefined, '3']);
  expect(told.gaps).toBe(1);
});

test('what was missed is asked for again if the connection breaks off before all of it has come', async () => {
  listenTo(stream);
  await settle();
  now().say('event: ready\nid: 3\ndata: {}\n\n');
  await settle();
  now().end();
  await vi.advanceTimersByTimeAsync(2000);
  now().say('event: ready\nid: 9\ndata: {}\n\nevent: change\nid: 4\ndata: {}\n\n');
  await settle();
  now().end();
  await vi.advanceTimersByTimeAsync(2000);
  now().say('event: ready\nid: 9\ndata: {}\n\nevent: usage\ndata: {"paths":null}\n\n');
  await settle();
  now().end();
  await vi.advanceTimersByTimeAsync(4000);
  expect(told.ids).toEqual([undefined, '3', '4', '9']);
});
