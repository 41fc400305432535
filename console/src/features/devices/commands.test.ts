import { execFileSync } from 'node:child_process';
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
  expect(run(commandsFor('https://backup.example:8420', 'pk_secret').register)).toBe(
    'rest:https://dev_1:S3cret-with_all.kinds~@backup.example:8420/restic/rep_1/',
  );
});

test('the pass key and the machine’s name are sent as JSON', () => {
  const { register } = commandsFor('http://127.0.0.1:8420', 'pk_secret');
  const curl = `curl() { for last in "$@"; do :; done; printf '%s' "$last" 1>&2; printf '%s' '${ANSWER}'; }`;
  const script = `exec 2>&1; hostname() { echo files-01; }\n${curl}\n${register}`;
  const sent = execFileSync('sh', ['-eu', '-c', script], { encoding: 'utf8' });
  expect(JSON.parse(sent)).toEqual({ pass_key: 'pk_secret', name: 'files-01' });
});

test('credentials become a repository', () => {
  expect(run(repositoryCommand('http://host/restic/rep_2/', 'dev_2', 'word'))).toBe(
    'rest:http://dev_2:word@host/restic/rep_2/',
  );
});
