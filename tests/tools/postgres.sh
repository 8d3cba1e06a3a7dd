#!/usr/bin/env bash
# postgres.sh COMMAND…: runs the command with a private throwaway Postgres on a socket, and stops it whatever
# happens. The command finds it as CANOPY_TEST_DATABASE_URL. Nothing on it is durable, unless CANOPY_DURABLE says so:
# tests are not to wait for a disk, and figures of writes are worth nothing without one.
set -euo pipefail
cd "$(dirname "$0")/../.."

binaries=
for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn) "$(dirname "$(command -v initdb || echo /x/y)")"; do
    [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && { binaries=$folder; break; }
done
[ -n "$binaries" ] || { echo "postgres.sh: no PostgreSQL server found; run make setup" >&2; exit 2; }

# Postgres refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
    as=(setpriv --reuid postgres --regid postgres --init-groups -- env HOME=/tmp)
fi

# Under target/, unless the server's user may not enter there or the socket's path would be too long (107 bytes).
mkdir -p target
home=$(mktemp -d "$PWD/target/postgres.XXXXXX")
[ "$(id -u)" -ne 0 ] || chown postgres "$home"
if [ ${#home} -gt 80 ] || ! "${as[@]}" test -w "$home"; then
    rm -rf "$home"
    home=$(mktemp -d "${TMPDIR:-/tmp}/canopy-postgres.XXXXXX")
    [ "$(id -u)" -ne 0 ] || chown postgres "$home"
fi

server=
ready=
stop() {
    status=$?
    trap - EXIT INT TERM
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    [ -n "$ready" ] || tail -n 20 "$home/log" >&2 2>/dev/null || true
    rm -rf "$home"
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

(cd / && "${as[@]}" "$binaries/initdb" --no-sync -A trust -U canopy -E UTF8 --locale=C -D "$home/db" >"$home/log")

settings=(-c listen_addresses= -c max_connections=400 -c shared_buffers=256MB)
if [ -n "${CANOPY_DURABLE:-}" ]; then
    # As `canopy up` starts it: a short run is not to meet a checkpoint for want of room.
    settings+=(-c max_wal_size=2GB)
else
    settings+=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
fi

# The server dies with this script, even when that is killed.
(cd / && exec "${as[@]}" setpriv --pdeathsig INT -- "$binaries/postgres" -D "$home/db" -k "$home" \
    "${settings[@]}") >>"$home/log" 2>&1 &
server=$!
for _ in $(seq 200); do
    "$binaries/pg_isready" -q -h "$home" -U canopy -d postgres && { ready=yes; break; }
    kill -0 "$server" 2>/dev/null || { echo "postgres.sh: the server did not start" >&2; exit 1; }
    sleep 0.05
done
[ -n "$ready" ] || { echo "postgres.sh: the server did not get ready" >&2; exit 1; }

# The server's own tools, pgbench among them.
export PATH="$PATH:$binaries"
export CANOPY_TEST_DATABASE_URL="postgres://canopy@localhost/postgres?host=$home"
"$@"
