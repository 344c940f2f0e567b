package fmt_test

import (
	"strconv"
	"testing"
)

// TestLockstep prints the tables of formats and their operands.
func TestLockstep(t *testing.T) {
	for _, test := range fmtTests {
		lockstepFormat("fmtTests", test.fmt, test.out, []any{test.val})
	}
	for _, test := range reorderTests {
		lockstepFormat("reorderTests", test.fmt, test.out, test.val)
	}
	for _, test := range startests {
		lockstepFormat("startests", test.fmt, test.out, test.in)
	}
}

func lockstepFormat(table, format, want string, operands []any) {
	text := "{{ printf " + strconv.Quote(format)
	for _, operand := range operands {
		term := lockstepExpression(operand)
		if term == "" {
			text = ""
			break
		}
		text += " " + term
	}
	if text != "" {
		text += " }}"
	}
	lockstepDump(map[string]any{
		"table": table, "name": format, "template": []byte(text), "ok": true, "want": []byte(want),
	})
}
