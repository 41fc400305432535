// Measures how fast the customers list is in a browser: until it can be used, and how long rows stay blank while somebody
// scrolls. Against a running server, best one with many customers (benches/README.md):
//
//   PASSWORD=… node scripts/pace.mjs http://127.0.0.1:8420
//
// It only measures; nothing fails by it.
import { chromium } from '@playwright/test';

const [url = 'http://127.0.0.1:8420'] = process.argv.slice(2);
const { LOGIN = 'admin@demo.example', PASSWORD } = process.env;
if (!PASSWORD) throw new Error('PASSWORD is missing');
const ROUNDS = 5;

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--headless', '--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
});
const signedIn = await browser.newContext({ baseURL: url });
const answer = await signedIn.request.post('/api/v1/sessions', { data: { login: LOGIN, password: PASSWORD } });
if (!answer.ok()) throw new Error(await answer.text());
const storageState = await signedIn.storageState();

// Each time a browser that has never been here: nothing is cached.
const first = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const context = await browser.newContext({ baseURL: url, storageState, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto('/customers', { waitUntil: 'commit' });
  await page.locator('.grid [data-index="0"] .checkbox').waitFor();
  // Since the address was entered; the row stands, and what is typed arrives.
  first.push(await page.evaluate(() => performance.now()));
  await page.keyboard.press('/');
  await page.locator('[data-list-search]:focus').waitFor();
  await context.close();
}
console.log(`usable after ${spread(first)} ms, cold cache`);

const page = await signedIn.newPage();
await page.setViewportSize({ width: 1440, height: 900 });
await page.goto('/customers');
await page.locator('.grid [data-index="0"] .checkbox').waitFor();
const rows = Number(await page.locator('[role="grid"]').getAttribute('aria-rowcount')) - 1;
await page.evaluate(watchRows);

const box = await page.locator('.grid').boundingBox();
await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
for (const [name, scroll] of [
  ['reading: a row each 100 ms', () => wheel(42, 100, 60)],
  ['skimming: a screen per second', () => wheel(84, 100, 60)],
  ['a wheel that is spun: five screens per second', () => wheel(400, 100, 60)],
  ['Page Down held', () => keys('PageDown', 33, 90)],
  ['the scrollbar dragged to twenty places', jumps],
]) {
  await page.evaluate(() => globalThis.blanks.begin());
  await scroll();
  await page.waitForTimeout(400);
  const { seen, longest, over, times } = await page.evaluate(() => globalThis.blanks.end());
  console.log(
    `${name}: ${seen} rows seen, ${times.length} of them blank at first, ${over} for more than 100 ms, longest ${Math.round(longest)} ms` +
      (times.length > 0 ? `, median ${Math.round(times[Math.floor(times.length / 2)])} ms` : ''),
  );
}
console.log(`${rows} rows`);
await browser.close();

async function wheel(pixels, every, times) {
  for (let turn = 0; turn < times; turn += 1) {
    await page.mouse.wheel(0, pixels);
    await page.waitForTimeout(every);
  }
}

async function keys(key, every, times) {
  // The row that the keyboard stands at is drawn only where it is in sight.
  await page.mouse.wheel(0, -1e9);
  await page.locator('.grid [data-index][tabindex="0"]').focus();
  for (let press = 0; press < times; press += 1) {
    await page.keyboard.press(key);
    await page.waitForTimeout(every);
  }
}

async function jumps() {
  for (let at = 1; at <= 20; at += 1) {
    await page
      .locator('.grid')
      .evaluate((grid, part) => grid.scrollTo(0, grid.scrollHeight * part), ((at * 7) % 20) / 20);
    await page.waitForTimeout(300);
  }
}

/** Runs in the page: looks at each frame which rows are in view without their contents, and since when. */
function watchRows() {
  const state = { blank: new Map(), seen: new Set(), times: [], longest: 0, over: 0, on: false };
  const settle = (index, now) => {
    const time = now - state.blank.get(index);
    state.blank.delete(index);
    state.times.push(time);
    state.longest = Math.max(state.longest, time);
    if (time > 100) state.over += 1;
  };
  const look = (now) => {
    if (state.on) {
      const grid = document.querySelector('.grid');
      const { top, bottom } = grid.getBoundingClientRect();
      const inView = new Set();
      for (const row of grid.querySelectorAll('[data-index]')) {
        const at = row.getBoundingClientRect();
        if (at.bottom <= top || at.top >= bottom) continue;
        const index = Number(row.dataset.index);
        state.seen.add(index);
        if (row.querySelector('.skeleton')) inView.add(index);
      }
      for (const index of inView) if (!state.blank.has(index)) state.blank.set(index, now);
      // One that left while it was blank was blank as long as it was there.
      for (const index of state.blank.keys()) if (!inView.has(index)) settle(index, now);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  globalThis.blanks = {
    begin: () => Object.assign(state, { blank: new Map(), seen: new Set(), times: [], longest: 0, over: 0, on: true }),
    end: () => {
      state.on = false;
      for (const index of state.blank.keys()) settle(index, performance.now());
      state.times.sort((a, b) => a - b);
      return { seen: state.seen.size, longest: state.longest, over: state.over, times: state.times };
    },
  };
}

function spread(times) {
  const sorted = times.map(Math.round).toSorted((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`;
}
