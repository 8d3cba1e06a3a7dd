#!/usr/bin/env bash
# Installs what the suite needs beside git, make and Rust, once; a second run only looks. Exit status 2: the person
# has to run the printed line first. With the argument `bench` also what only the benches need.
set -euo pipefail
cd "$(dirname "$0")/../.."

BUF=1.75.0
DENY=0.20.2
# grpcurl 1.9.4 needs Go 1.24; Debian's own Go builds 1.9.1 at most.
GRPCURL=1.9.4
GRPCURL_OLD_GO=1.9.1

# Tools stand under the user's cache, so that a second clone does not build them again; .tools/bin points there.
cache=${CANOPY_TOOL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/canopy-tools}
bin=$PWD/.tools/bin

say() { printf 'setup: %s\n' "$*" >&2; }

if ! command -v cargo >/dev/null; then
    say "cargo is missing. Install Rust, then run make again:"
    echo "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y && . \"\$HOME/.cargo/env\"" >&2
    exit 2
fi

# --- Debian packages -------------------------------------------------------------------------------------------
postgres_found() {
    local initdb
    for initdb in /usr/lib/postgresql/*/bin/initdb $(command -v initdb || true); do
        [ -x "$initdb" ] || continue
        [ "$("$initdb" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')" -ge 15 ] && return 0
    done
    return 1
}

missing=()
postgres_found || missing+=(postgresql)
command -v protoc >/dev/null || missing+=(protobuf-compiler)
# protoc alone lacks the well-known types that a dependency's build script imports.
[ -f /usr/include/google/protobuf/descriptor.proto ] || [ -f /usr/local/include/google/protobuf/descriptor.proto ] ||
    missing+=(libprotobuf-dev)
{ command -v cc && command -v make; } >/dev/null || missing+=(build-essential)
command -v git >/dev/null || missing+=(git)
command -v curl >/dev/null || missing+=(curl)
{ command -v node && command -v npm; } >/dev/null || missing+=(nodejs npm)
command -v go >/dev/null || missing+=(golang)
if [ "${1:-}" = bench ]; then
    [ -x /usr/sbin/nginx ] || [ -x /usr/bin/nginx ] || missing+=(nginx-light)
fi

if [ ${#missing[@]} -gt 0 ]; then
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        # Without a terminal sudo cannot ask for a password, so it must not need one.
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            say "packages are missing. As root, run this, then make again:"
            echo "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
            exit 2
        fi
    fi
    say "apt installs ${missing[*]}"
    # Packages of servers start them at once, on public ports. None is wanted: each is run privately when needed.
    policy=/usr/sbin/policy-rc.d
    made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
        made=yes
        trap '"${as_root[@]}" rm -f "$policy"' EXIT
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    [ -z "$made" ] || "${as_root[@]}" rm -f "$policy"
    trap - EXIT
fi

# --- Tools of this repository, each in a folder named by its version -----------------------------------------------
mkdir -p "$bin" "$cache"

# keep NAME FOLDER PATH: puts FOLDER/PATH into .tools/bin as NAME.
keep() { ln -sfn "$2/$3" "$bin/$1"; }

buf=$cache/buf-$BUF
if [ ! -x "$buf/node_modules/.bin/buf" ]; then
    say "npm installs buf $BUF"
    npm install --silent --no-audit --no-fund --no-save --prefix "$buf" "@bufbuild/buf@$BUF"
fi
keep buf "$buf" node_modules/.bin/buf

go_minor=$(go version | sed -E 's/.*go1\.([0-9]+).*/\1/')
[ "$go_minor" -ge 24 ] || GRPCURL=$GRPCURL_OLD_GO
grpcurl=$cache/grpcurl-$GRPCURL
if [ ! -x "$grpcurl/grpcurl" ]; then
    say "go builds grpcurl $GRPCURL"
    GOTOOLCHAIN=local GOFLAGS=-buildvcs=false GOBIN=$grpcurl \
        go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@v$GRPCURL"
fi
keep grpcurl "$grpcurl" grpcurl

deny=$cache/cargo-deny-$DENY
if [ ! -x "$deny/bin/cargo-deny" ]; then
    say "cargo builds cargo-deny $DENY (some minutes, once)"
    # Speed of the tool matters less than the time it takes to build.
    CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install --quiet --locked --debug --root "$deny" --version "$DENY" cargo-deny
fi
keep cargo-deny "$deny" bin/cargo-deny

# --- Crates, so that everything afterwards works offline -----------------------------------------------------------
stamp=.tools/fetched-$(sha256sum Cargo.lock | cut -c1-16)
if [ ! -e "$stamp" ]; then
    say "cargo fetches the locked crates"
    cargo fetch --quiet --locked
    rm -f .tools/fetched-*
    : >"$stamp"
fi
