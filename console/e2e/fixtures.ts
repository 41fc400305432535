import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test as base, type APIRequestContext, type Page } from '@playwright/test';
import type { Customer, CustomerCreate, CustomerCreated, DeviceCredentials, PassKeyCreated } from '../src/api/schema';
import { ADMINISTRATOR, startServer, type Server } from './server';

export { expect, ADMINISTRATOR };

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

type StorageState = Awaited<ReturnType<APIRequestContext['storageState']>>;

type WorkerFixtures = {
  server: Server;
  /** The cookies of the signed-in administrator. */
  signedIn: StorageState;
  backend: Backend;
};

type Fixtures = {
  /** Whether the page starts signed in. */
  asAdministrator: boolean;
};

/** Every test fails on a console error, an exception or a violation of the content security policy. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  server: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = await startServer({ setUp: true });
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  signedIn: [
    async ({ server, playwright }, use) => {
      const request = await playwright.request.newContext({ baseURL: server.url });
      const answer = await request.post('/api/v1/sessions', { data: ADMINISTRATOR });
      expect(answer.ok(), await answer.text()).toBe(true);
      await use(await request.storageState());
      await request.dispose();
    },
    { scope: 'worker' },
  ],
  backend: [
    async ({ server, signedIn, playwright }, use) => {
      const request = await playwright.request.newContext({ baseURL: server.url, storageState: signedIn });
      await use(new Backend(request));
      await request.dispose();
    },
    { scope: 'worker' },
  ],
  asAdministrator: [true, { option: true }],
  baseURL: ({ server }, use) => use(server.url),
  storageState: ({ signedIn, asAdministrator }, use) => use(asAdministrator ? signedIn : { cookies: [], origins: [] }),
  page: async ({ page }, use) => {
    const complaints = complaintsOf(page);
    await use(page);
    expect(complaints).toEqual([]);
  },
});

/** What the browser has to complain about while the page is used. Refusals by the API are answers, not complaints. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource') && message.location().url.includes('/api/');
    if (message.type() === 'error' && !isRefusal) complaints.push(`console: ${message.text()}`);
  });
  return complaints;
}

/** Until rows stand in the list. Any will do: others may have added so many that a certain one is out of sight. */
export function listReady(page: Page): Promise<void> {
  return page
    .getByRole('checkbox', { name: /^Select (?!all)/u })
    .first()
    .waitFor();
}

/** A country that hosts a storage location, so that nothing has to be chosen. */
const HOSTING = 'DE';

/** The API, to prepare what a test begins with. */
export class Backend {
  private readonly request: APIRequestContext;

  constructor(request: APIRequestContext) {
    this.request = request;
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.request.get(`/api/v1${path}`);
    expect(answer.ok(), await answer.text()).toBe(true);
    return (await answer.json()) as T;
  }

  async post<T>(path: string, data: unknown): Promise<T> {
    const answer = await this.request.post(`/api/v1${path}`, { data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (await answer.json()) as T;
  }

  async put<T>(path: string, data: unknown): Promise<T> {
    const answer = await this.request.put(`/api/v1${path}`, { data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (await answer.json()) as T;
  }

  async patch<T>(path: string, version: number, data: unknown): Promise<T> {
    const answer = await this.request.patch(`/api/v1${path}`, { data, headers: { 'If-Match': `"${version}"` } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (await answer.json()) as T;
  }

  async provider(): Promise<Customer> {
    const { items } = await this.get<{ items: Customer[] }>('/customers?level=provider');
    return items[0]!;
  }

  /** A reseller of this test's own, so that tests don't see each other's customers. */
  async reseller(company_name: string, parent?: Customer): Promise<Customer> {
    const { id } = parent ?? (await this.provider());
    return this.customer({ parent_id: id, level: 'reseller', company_name, country: HOSTING });
  }

  async distributor(company_name: string): Promise<Customer> {
    const { id } = await this.provider();
    return this.customer({ parent_id: id, level: 'distributor', company_name, country: HOSTING });
  }

  customer(input: CustomerCreate): Promise<CustomerCreated> {
    return this.post('/customers', input);
  }

  endCustomer(parent: Customer, company_name: string, rest: Partial<CustomerCreate> = {}): Promise<CustomerCreated> {
    return this.customer({ parent_id: parent.id, company_name, country: HOSTING, ...rest });
  }

  async device(customer: Customer, name: string): Promise<string> {
    return (await this.register(customer, name)).device_id;
  }

  async register(customer: Customer, name: string): Promise<DeviceCredentials> {
    const key = await this.post<PassKeyCreated>(`/customers/${customer.id}/pass_keys`, {});
    return this.post('/devices/register', { pass_key: key.pass_key, name });
  }

  /** Writes a pack as a backup client does; a device's repository needs no more to hold something. */
  async upload(credentials: DeviceCredentials, bytes: number): Promise<void> {
    const made = await this.create(credentials);
    expect(made.ok(), await made.text()).toBe(true);
    const sent = await this.send(credentials, 'data', bytes);
    expect(sent.ok(), await sent.text()).toBe(true);
  }

  /** Completes a backup: its snapshot arrives. */
  async snapshot(credentials: DeviceCredentials): Promise<void> {
    await this.upload(credentials, 100_000);
    const sent = await this.send(credentials, 'snapshots', 200);
    expect(sent.ok(), await sent.text()).toBe(true);
  }

  /** Tries what the gateway refuses. */
  async isRefused(credentials: DeviceCredentials): Promise<void> {
    const sent = await this.send(credentials, 'data', 1000);
    expect(sent.status(), await sent.text()).toBe(403);
  }

  private create({ repository_url, username, password }: DeviceCredentials) {
    return this.request.post(`${repository_url}?create=true`, { headers: basic(username, password) });
  }

  private send({ repository_url, username, password }: DeviceCredentials, kind: string, bytes: number) {
    const data = randomBytes(bytes);
    const name = createHash('sha256').update(data).digest('hex');
    return this.request.post(`${repository_url}${kind}/${name}`, { headers: basic(username, password), data });
  }
}

function basic(username: string, password: string) {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds, in a line each. */
export async function violations(page: Page): Promise<string[]> {
  // Whatever fades in has arrived by then.
  await page.waitForTimeout(250);
  await page.evaluate(axeSource);
  return page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    // What was announced of a button names it, and stays there for seconds after the button is gone.
    const found = await axe.run({ exclude: ['[data-live-announcer]'] }, { runOnly: rules });
    return found.violations.map(({ id, nodes }) => {
      const node = nodes[0];
      return `${id}, ${nodes.length} times: ${node?.html.slice(0, 140)} ${node?.failureSummary?.slice(0, 200)}`;
    });
  }, RULES);
}

/** The row of a list by what it is called. */
export function rowOf(page: Page, name: string) {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}
