/** The commands that turn a pass key into a running backup. Pure. */

/** `helper`: any system on which the tenantry program is, beside restic. */
export type System = 'posix' | 'windows' | 'helper';
export type Commands = { register: string; backup: string };

/** For a POSIX shell with curl, for PowerShell, or for our own program; all with restic. A refusal ends them, and is told in its own words. */
export function commandsFor(system: System, origin: string, passKey: string): Commands {
  switch (system) {
    case 'posix':
      return posix(origin, passKey);
    case 'windows':
      return powerShell(origin, passKey);
    case 'helper':
      return {
        register: `TENANTRY_PASS_KEY='${passKey}' tenantry connect --server ${origin}`,
        backup: 'tenantry backup "$HOME"',
      };
  }
}

function posix(origin: string, passKey: string): Commands {
  return {
    register: [
      'register() {',
      `  answer=$(curl -sS ${origin}/api/v1/devices/register \\`,
      `    -H 'Content-Type: application/json' \\`,
      `    -d '{"pass_key":"${passKey}","name":"'"$(hostname)"'"}') || return`,
      `  field() { printf '%s' "$answer" | sed -n 's/.*"'"$1"'": *"\\([^"]*\\)".*/\\1/p'; }`,
      '  url=$(field repository_url)',
      `  if [ -z "$url" ]; then printf 'Refused: %s\\n' "$(field detail)" >&2; return 1; fi`,
      `  if [ "$(field status)" != authorised ]; then echo 'It waits until it is approved in the console.'; fi`,
      `  export RESTIC_REPOSITORY="rest:\${url%%://*}://$(field username):$(field password)@\${url#*://}"`,
      '}',
      'register',
    ].join('\n'),
    backup: 'restic init && restic backup "$HOME"',
  };
}

/** One block, since what is pasted line by line goes on after a line that failed. */
function powerShell(origin: string, passKey: string): Commands {
  return {
    register: [
      '& {',
      `  $ErrorActionPreference = 'Stop'`,
      `  $body = @{ pass_key = '${passKey}'; name = $env:COMPUTERNAME } | ConvertTo-Json`,
      '  try {',
      `    $answer = Invoke-RestMethod -Method Post -Uri '${origin}/api/v1/devices/register' -ContentType 'application/json' -Body $body`,
      '  } catch {',
      `    if ($_.ErrorDetails.Message) { throw "Refused: $(($_.ErrorDetails.Message | ConvertFrom-Json).detail)" } else { throw }`,
      '  }',
      `  if ($answer.status -ne 'authorised') { 'It waits until it is approved in the console.' }`,
      `  $url = [uri]$answer.repository_url`,
      `  $env:RESTIC_REPOSITORY = "rest:$($url.Scheme)://$($answer.username):$($answer.password)@$($url.Authority)$($url.AbsolutePath)"`,
      '}',
    ].join('\n'),
    backup: 'restic init; if ($LASTEXITCODE -eq 0) { restic backup $HOME }',
  };
}

/** The same for a device that has its credentials. */
export function repositoryCommand(url: string, username: string, password: string): string {
  const [scheme, rest] = url.split('://', 2);
  return `export RESTIC_REPOSITORY="rest:${scheme}://${username}:${password}@${rest}"`;
}
