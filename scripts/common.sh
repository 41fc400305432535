# shellcheck shell=bash
# What run, test and the scripts beside this file share. Source it from the project's root.

root=$PWD
tools=$root/.cache/tools
# shellcheck disable=SC2034 # for those who source this
target=${CARGO_TARGET_DIR:-$root/target}

# rustup's own place, for shells that have not read its profile yet.
[ -d "$HOME/.cargo/bin" ] && PATH=$PATH:$HOME/.cargo/bin
export PATH

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# at_least WANTED VERSION
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# A port of 127.0.0.1 on which nobody listens, below the range from which the system picks those of clients.
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# changed STAMP PATH...: whether a file was changed, added or removed after the stamp. A removal changes its folder.
changed() {
  local stamp=$1; shift
  [ -e "$stamp" ] || return 0
  [ -n "$(find "$@" \( -name node_modules -o -name dist -o -name e2e -o -name test-results -o -name '.*' \) -prune \
    -o -newer "$stamp" -print -quit)" ]
}

# The restic with which 0.18's behaviour is shown: the machine's own if it is new enough, else the one of scripts/deps.
restic_path() {
  if have restic && at_least 0.18 "$(restic version | awk '{ print $2 }')"; then
    command -v restic
  else
    echo "$tools/restic-0.18/usr/bin/restic"
  fi
}

# npm's own note of what it installed is newer than the lock file exactly as long as it is up to date.
console_packages() {
  [ console/node_modules/.package-lock.json -nt console/package-lock.json ] ||
    npm ci --prefix console --no-audit --no-fund --loglevel=error
}
