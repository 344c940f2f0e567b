package sprig

// lockstepNote prints a template that a test is about to run, what it runs over, and what it must
// come to, where the test says so here.
func lockstepNote(text string, data interface{}, want ...string) {
	lockstepDump(map[string]interface{}{
		"table": "templates", "template": text, "data": lockstepExpression(data), "want": want,
	})
}
