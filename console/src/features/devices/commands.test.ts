import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commandsFor, repositoryCommand } from './commands';

const ANSWER = JSON.stringify({
  device_id: 'dev_1',
  status: 'authorised',
  repository_url: 'https://backup.example:8420/restic/rep_1/',
  username: 'dev_1',
  password: 'S3cret-with_all.kinds~',
});

/** Runs the commands in a real shell in which curl shows what it was sent and answers as the server does. */
function run(commands: string): string {
  const curl = `curl() { printf '%s\\n' "$@" 1>&2; printf '%s' '${ANSWER}'; }`;
  const script = `${curl}\nhostname() { echo files-01; }\n${commands}\nprintf '%s' "$RESTIC_REPOSITORY"`;
  return execFileSync('sh', ['-eu', '-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

test('registering leaves the repository where restic looks for it', () => {
  expect(run(commandsFor('posix', 'https://backup.example:8420', 'pk_secret').register)).toBe(
    'rest:https://dev_1:S3cret-with_all.kinds~@backup.example:8420/restic/rep_1/',
  );
});

test('the pass key and the machine’s name are sent as JSON', () => {
  const { register } = commandsFor('posix', 'http://127.0.0.1:8420', 'pk_secret');
  const curl = `curl() { for last in "$@"; do :; done; printf '%s' "$last" 1>&2; printf '%s' '${ANSWER}'; }`;
  const script = `exec 2>&1; hostname() { echo files-01; }\n${curl}\n${register}`;
  const sent = execFileSync('sh', ['-eu', '-c', script], { encoding: 'utf8' });
  expect(JSON.parse(sent)).toEqual({ pass_key: 'pk_secret', name: 'files-01' });
});

test('a refusal is told in its own words, and nothing goes on after it', () => {
  const { register, backup } = commandsFor('posix', 'http://127.0.0.1:8420', 'pk_secret');
  const refused = JSON.stringify({ code: 'pass_key_used_up', detail: 'The pass key was used up.', status: 403 });
  const tools = `curl() { printf '%s' '${refused}'; }; hostname() { echo files-01; }; restic() { echo "restic $1"; false; }`;
  const shell = (script: string) =>
    spawnSync('sh', ['-c', `${tools}\n${script}\nprintf 'at: %s' "$RESTIC_REPOSITORY"`], { encoding: 'utf8' });
  const after = shell(register);
  expect([after.stdout, after.stderr]).toEqual(['at: ', 'Refused: The pass key was used up.\n']);
  expect(shell(backup).stdout).toBe('restic init\nat: ');
});

test('a machine without an answer says so itself', () => {
  const { register } = commandsFor('posix', 'http://127.0.0.1:8420', 'pk_secret');
  const away = `curl() { echo 'curl: (7) Failed to connect' >&2; return 7; }; hostname() { echo files-01; }`;
  const { status, stderr } = spawnSync('sh', ['-c', `${away}\n${register}`], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([7, 'curl: (7) Failed to connect\n']);
});

test('what is for PowerShell is one statement with the key and the address in it', () => {
  const { register } = commandsFor('windows', 'https://backup.example', 'pk_secret');
  expect(register).toMatch(/^& \{\n[^]*\n\}$/u);
  expect(register).toContain("pass_key = 'pk_secret'");
  expect(register).toContain("'https://backup.example/api/v1/devices/register'");
});

test('our own program takes the key where others on the machine do not see it', () => {
  const { register, backup } = commandsFor('helper', 'https://backup.example', 'pk_secret');
  expect(register).toBe("TENANTRY_PASS_KEY='pk_secret' tenantry connect --server https://backup.example");
  expect(backup).toBe('tenantry backup "$HOME"');
});

test('credentials become a repository', () => {
  expect(run(repositoryCommand('http://host/restic/rep_2/', 'dev_2', 'word'))).toBe(
    'rest:http://dev_2:word@host/restic/rep_2/',
  );
});
