#!/usr/bin/env bash
# Writes .sqlx anew: what the checked SQL macros need to compile without a database. Runs inside postgres.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

psql() { command psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 "$CANOPY_TEST_DATABASE_URL" "$@"; }

crates=()
for service in persistence registry subsidy commissioner; do
    schema=$service
    [ "$service" != persistence ] || schema=platform
    psql --command "create schema if not exists $schema"
    for migration in services/"$service"/migrations/*.sql; do
        [ -e "$migration" ] || continue
        psql --single-transaction --file "$migration"
    done
    crates+=("services/$service")
done

# The macros write only while they are expanded, so cargo must see a change. The old folder stays until all is well.
new=$PWD/target/sqlx
rm -rf "$new"
mkdir -p "$new"
for crate in "${crates[@]}"; do touch "$crate/src/lib.rs"; done
env -u SQLX_OFFLINE DATABASE_URL="$CANOPY_TEST_DATABASE_URL" SQLX_OFFLINE_DIR="$new" \
    cargo check --locked --workspace --all-targets
rm -rf .sqlx
cp -r "$new" .sqlx
echo "sqlx: $(find .sqlx -name '*.json' | wc -l) queries described"
