// Package dump stands beside a table of another package's tests while they are compiled, and prints
// its rows. upstream.py gives it the name of that package. It is written for Go 1.21, and for a
// package that has a function called any.
package dump

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// lockstepDump appends one JSON text to the file that upstream.py asks for.
func lockstepDump(line map[string]interface{}) {
	file, err := os.OpenFile(os.Getenv("LOCKSTEP_DUMP"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	encoder := json.NewEncoder(file)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		panic(err)
	}
}

// lockstepExpression is a term of the template language that makes the value, or "" where there is
// none. Structs become maps of those of their fields that can be made.
func lockstepExpression(value interface{}) string {
	return lockstepTerm(reflect.ValueOf(value), 6)
}

func lockstepTerm(v reflect.Value, depth int) string {
	if depth == 0 {
		return ""
	}
	switch v.Kind() {
	case reflect.Invalid:
		return "nil"
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Int64:
		return "(int64 " + strconv.FormatInt(v.Int(), 10) + ")"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float64:
		return lockstepFloat(v.Float())
	case reflect.Complex128:
		return fmt.Sprintf("%s%si", lockstepFloat(real(v.Complex())), lockstepSigned(imag(v.Complex())))
	case reflect.Interface, reflect.Pointer:
		return lockstepTerm(v.Elem(), depth-1)
	case reflect.Slice, reflect.Array:
		return lockstepList(v, depth)
	case reflect.Map:
		return lockstepMap(v, depth)
	case reflect.Struct:
		return lockstepStruct(v, depth)
	}
	return ""
}

func lockstepFloat(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return fmt.Sprintf("(float64 %q)", fmt.Sprint(f))
	}
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

func lockstepSigned(f float64) string {
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.HasPrefix(text, "-") {
		text = "+" + text
	}
	return text
}

func lockstepList(v reflect.Value, depth int) string {
	out := "(list"
	for i := 0; i < v.Len(); i++ {
		term := lockstepTerm(v.Index(i), depth-1)
		if term == "" {
			return ""
		}
		out += " " + term
	}
	return out + ")"
}

func lockstepMap(v reflect.Value, depth int) string {
	if v.Type().Key().Kind() != reflect.String {
		return ""
	}
	pairs := []string{}
	for _, key := range v.MapKeys() {
		if term := lockstepTerm(v.MapIndex(key), depth-1); term != "" {
			pairs = append(pairs, strconv.Quote(key.String())+" "+term)
		}
	}
	sort.Strings(pairs)
	return "(dict " + strings.Join(pairs, " ") + ")"
}

func lockstepStruct(v reflect.Value, depth int) string {
	out := "(dict"
	for i := 0; i < v.NumField(); i++ {
		if field := v.Type().Field(i); field.IsExported() {
			if term := lockstepTerm(v.Field(i), depth-1); term != "" {
				out += " " + strconv.Quote(field.Name) + " " + term
			}
		}
	}
	return out + ")"
}
