/** The commands that turn a pass key into a running backup. Pure; for any POSIX shell, with curl and restic. */

export type Commands = { register: string; backup: string };

export function commandsFor(origin: string, passKey: string): Commands {
  return {
    register: [
      `answer=$(curl -fsS ${origin}/api/v1/devices/register \\`,
      `  -H 'Content-Type: application/json' \\`,
      `  -d '{"pass_key":"${passKey}","name":"'"$(hostname)"'"}')`,
      `field() { printf '%s' "$answer" | sed -n 's/.*"'"$1"'": *"\\([^"]*\\)".*/\\1/p'; }`,
      `url=$(field repository_url)`,
      `export RESTIC_REPOSITORY="rest:\${url%%://*}://$(field username):$(field password)@\${url#*://}"`,
    ].join('\n'),
    backup: ['restic init', 'restic backup "$HOME"'].join('\n'),
  };
}

/** The same for a device that has its credentials. */
export function repositoryCommand(url: string, username: string, password: string): string {
  const [scheme, rest] = url.split('://', 2);
  return `export RESTIC_REPOSITORY="rest:${scheme}://${username}:${password}@${rest}"`;
}
