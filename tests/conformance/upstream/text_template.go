package template

import "testing"

// TestLockstep prints the tables of templates that are executed.
func TestLockstep(t *testing.T) {
	lockstepExecTable("execTests", "", execTests)
	lockstepExecTable("multiExecTests", multiText1+multiText2, multiExecTests)
	data := lockstepExpression(struct {
		Uthree, Ufour, NegOne, Three int
	}{3, 4, -1, 3})
	for _, test := range cmpTests {
		lockstepDump(map[string]any{
			"table": "cmpTests", "name": test.expr, "data": data, "ok": test.ok, "want": []byte(test.truth),
			"template": "{{if " + test.expr + "}}true{{else}}false{{end}}", "before": "",
		})
	}
}

func lockstepExecTable(table, before string, tests []execTest) {
	for _, test := range tests {
		lockstepDump(map[string]any{
			"table": table, "name": test.name, "template": test.input, "before": before,
			"data": lockstepExpression(test.data), "ok": test.ok, "want": []byte(test.output),
		})
	}
}
