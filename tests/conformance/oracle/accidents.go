package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"
	"time"

	"sigs.k8s.io/yaml"
)

// otherwise is functions that do another thing where Go's do what nobody can rely on. A template that
// comes to something else with them is not compared.
var otherwise = template.FuncMap{
	"fromYaml":  fromYamlReworded,
	"slice":     sliceWithin,
	"mustSlice": sliceWithin,
	"toDate": func(layout, text string) time.Time {
		return elsewhere(allFunctions["toDate"].(func(string, string) time.Time)(layout, text))
	},
	"mustToDate": func(layout, text string) (time.Time, error) {
		read, err := allFunctions["mustToDate"].(func(string, string) (time.Time, error))(layout, text)
		return elsewhere(read), err
	},
	"printf": printfDressed,
}

// elsewhere is the same in UTC where it is in the local zone, which is called UTC too: only how the
// zone lies in memory differs, and a time shows that under verbs that are not meant for it.
func elsewhere(read time.Time) time.Time {
	if read.Location() == time.Local {
		return read.UTC()
	}
	return read
}

// dressed is a time that has nothing to show under verbs that are not meant for it.
type dressed struct{ time.Time }

func (d dressed) Format(state fmt.State, verb rune) {
	if strings.ContainsRune("vsqxX", verb) {
		fmt.Fprintf(state, fmt.FormatString(state, verb), d.Time)
	} else {
		fmt.Fprint(state, "a time")
	}
}

func printfDressed(format string, operands ...any) string {
	for i, operand := range operands {
		if read, ok := operand.(time.Time); ok {
			operands[i] = dressed{read}
		}
	}
	return fmt.Sprintf(format, operands...)
}

// fromYamlReworded says something else of a text that cannot be read: Go's words may quote it.
func fromYamlReworded(text string) map[string]any {
	out := fromYaml(text)
	if yaml.Unmarshal([]byte(text), &map[string]any{}) != nil {
		out["Error"] = "unreadable"
	}
	return out
}

// sliceWithin refuses positions past the end, which Go accepts up to the room that a list has.
func sliceWithin(list any, positions ...any) (any, error) {
	if value := reflect.ValueOf(list); value.IsValid() && value.Kind() == reflect.Slice {
		for _, position := range positions {
			if toInt(position) > value.Len() {
				return nil, errors.New("past the end")
			}
		}
	}
	slice := allFunctions["mustSlice"].(func(any, ...any) (any, error))
	return slice(list, positions...)
}

func toInt(value any) int {
	return allFunctions["int"].(func(any) int)(value)
}
