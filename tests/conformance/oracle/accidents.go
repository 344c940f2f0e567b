package main

import (
	"errors"
	"reflect"
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
	"toDate":    toDateElsewhere,
	"mustToDate": func(layout, text string) (time.Time, error) {
		read, err := allFunctions["mustToDate"].(func(string, string) (time.Time, error))(layout, text)
		return elsewhere(read), err
	},
}

// sameZone is the local zone in all but how it lies in memory, which is what a time shows under verbs
// that are not meant for it.
var sameZone = time.FixedZone("UTC", 0)

func elsewhere(read time.Time) time.Time {
	if read.Location() == time.Local {
		return read.In(sameZone)
	}
	return read
}

func toDateElsewhere(layout, text string) time.Time {
	return elsewhere(allFunctions["toDate"].(func(string, string) time.Time)(layout, text))
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
