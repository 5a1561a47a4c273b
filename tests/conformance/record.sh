#!/bin/sh
# Records the answers of the real Backstage anew: starts it in the configuration of each suite, or of the one that is named, sends every case and writes
# golden/. The packages are those that tests/backstage/package-lock.json pins; they are installed below target/ the first time.
# usage: tests/conformance/record.sh [SUITE]
set -eu
cd "$(dirname "$0")/../.."
cargo build -p stagedoor
if [ $# -gt 0 ]; then
    export SUITE="$1"
fi
RECORD=1 STAGEDOOR_REQUIRE_ALL=1 cargo test -p stagedoor-tests --test conformance -- every_case_is --nocapture
git --no-pager diff --stat -- tests/conformance/golden
