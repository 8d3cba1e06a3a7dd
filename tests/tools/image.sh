#!/usr/bin/env bash
# image.sh FILE: writes the compiled image of the .proto files (descriptor set with options, comments and imports),
# as canopy-proto's build script makes it. buf reads that image, so nobody's .proto file has to be committed.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=$(cargo check --quiet -p canopy-proto --message-format json |
    sed -n 's/.*"reason":"build-script-executed".*"out_dir":"\([^"]*canopy-proto-[^"]*\)".*/\1/p' | tail -n 1)
[ -n "$out" ] || { echo "image.sh: canopy-proto was not built" >&2; exit 1; }
mkdir -p "$(dirname "$1")"
cp "$out/canopy.binpb" "$1"
