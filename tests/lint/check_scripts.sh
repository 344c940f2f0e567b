#!/bin/bash
# check_scripts.sh: shellcheck for every shell script, and every Python file must compile.
set -uo pipefail

cd "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1
status=0

# report NAME STATUS TEXT: one line for the check, its output where it failed.
report() {
    if [ "$2" = 0 ]; then
        echo "ok $1"
    else
        printf 'FAIL %s\n%s\n' "$1" "$3"
        status=1
    fi
}

mapfile -t shell < <(find tests deploy .ci -type f \( -name '*.sh' -o -path '.ci/*' \) | sort)
text=$(shellcheck -x -P SCRIPTDIR "${shell[@]}" 2>&1)
report shellcheck $? "$text"

mapfile -t python < <(find tests deploy -type f -name '*.py' | sort)
text=$(python3 -B -W error -c '
import sys
for name in sys.argv[1:]:
    compile(open(name, encoding="utf-8").read(), name, "exec")
' "${python[@]}" 2>&1)
report "python compiles" $? "$text"

exit "$status"
