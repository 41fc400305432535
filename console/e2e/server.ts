import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const BINARY = process.env['TENANTRY_BIN'] ?? resolve(import.meta.dirname, '../../target/debug/tenantry');

export const ADMINISTRATOR = { login: 'admin@northwind.example', password: 'violet harbour siphon 42' };

export type Server = {
  url: string;
  /** With the token, if nobody has been set up. */
  setupLink: string | undefined;
  /** Ends the process; what it has kept stays. */
  halt: () => Promise<void>;
  /** Begins it again at the same address. */
  resume: () => Promise<void>;
  /** Changes what a halted one has kept: the past that no test can wait for. */
  amend: (statement: string) => void;
  stop: () => Promise<void>;
};

type Options = {
  /** Makes the first administrator from the command line, as an operator would. */
  setUp: boolean;
  /** At an address with a name, as passkeys want it. */
  named?: boolean;
  /** Beyond the usual configuration. */
  environment?: Record<string, string>;
};

/** The real server on a database and a pool of its own. */
export async function startServer({ setUp, named = false, environment = {} }: Options): Promise<Server> {
  const data = mkdtempSync(join(tmpdir(), 'tenantry-e2e-'));
  if (setUp) {
    const setup = ['setup', '--data', data, '--email', ADMINISTRATOR.login, '--password-stdin'];
    const done = spawnSync(BINARY, setup, { input: `${ADMINISTRATOR.password}\n`, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`tenantry setup failed: ${done.error?.message ?? done.stderr}`);
  }
  const port = await freePort();
  const url = `http://${named ? 'localhost' : '127.0.0.1'}:${port}`;
  let output = '';
  let server: ChildProcess;
  const resume = async () => {
    const begun = spawn(BINARY, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`], {
      // Receivers of webhooks listen on this host.
      env: {
        ...process.env,
        NO_COLOR: '1',
        TENANTRY__WEBHOOKS__LOCAL: 'true',
        ...(named && { TENANTRY__SERVER__PUBLIC_URL: url }),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    begun.stdout.on('data', (text: Buffer) => (output += text.toString()));
    begun.stderr.on('data', (text: Buffer) => (output += text.toString()));
    server = begun;
    await ready(url, begun, () => output);
  };
  const halt = async () => {
    server.kill('SIGTERM');
    if (server.exitCode === null) await once(server, 'exit');
  };
  await resume();
  return {
    url,
    setupLink: /https?:\/\/\S+\/setup#token=\S+/u.exec(output)?.[0],
    halt,
    resume,
    amend: (statement) => {
      const program = 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()';
      const done = spawnSync('/usr/bin/python3', ['-c', program, join(data, 'tenantry.db'), statement], {
        encoding: 'utf8',
      });
      if (done.status !== 0) throw new Error(done.stderr);
    },
    stop: async () => {
      await halt();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function ready(url: string, server: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) break;
    try {
      if ((await fetch(`${url}/readyz`)).ok) return;
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolveLater) => setTimeout(resolveLater, 50));
  }
  throw new Error(`The server did not become ready.\n${output()}`);
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
