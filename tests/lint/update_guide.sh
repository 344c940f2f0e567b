#!/bin/bash
# update_guide.sh [FILE]: write what templates can call, as `lockstep render --functions` prints it,
# between the two marks of docs/TEMPLATES.md. LOCKSTEP names the program.
set -euo pipefail

cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
file=${1:-docs/TEMPLATES.md}
program=${LOCKSTEP:-build/debug/lockstep}
work=$(mktemp -d /tmp/lockstep-guide.XXXXXX)
trap 'rm -rf "$work"' EXIT

"$program" render --functions >"$work/functions"
awk -v functions="$work/functions" '
    /^<!-- functions: end -->$/ { inside = 0 }
    !inside { print }
    /^<!-- functions: begin -->$/ {
        inside = 1
        while ((getline line < functions) > 0) print line
    }
' "$file" >"$work/guide"
cat "$work/guide" >"$file"
