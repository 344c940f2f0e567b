package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// Questions about one module. An answer is bytes that the subject can make without more code than
// it takes to walk the result: texts with their length in front, numbers one a word.

func netstring(out []byte, text string) []byte {
	return append(append(strconv.AppendInt(out, int64(len(text)), 10), ':'), text...)
}

// yamlStrings reads a document as KeysAndValues and literal do.
func yamlStrings(q *question) ([]byte, error) {
	read := map[string]string{}
	if err := yaml.Unmarshal(q.Text, &read); err != nil {
		return nil, err
	}
	var out []byte
	for _, key := range slices.Sorted(maps.Keys(read)) {
		out = netstring(netstring(out, key), read[key])
		out = append(out, '\n')
	}
	return out, nil
}

// yamlDocument reads any document and writes it again.
func yamlDocument(q *question) ([]byte, error) {
	var read any
	if err := yaml.Unmarshal(q.Text, &read); err != nil {
		return nil, err
	}
	written, err := yaml.Marshal(read)
	if err != nil {
		return nil, err
	}
	return netstring(netstring(nil, fmt.Sprint(read)), string(written)), nil
}

// yamlWritten writes a text as a value, as an element and as a key.
func yamlWritten(q *question) ([]byte, error) {
	text := string(q.Text)
	written, err := yaml.Marshal(map[string]any{
		"value": text, "list": []any{text, []any{text}},
		"map": map[string]any{text: map[string]any{"in": text}},
	})
	return written, err
}

// jsonDocument reads a document and writes it in three ways; a document that cannot be read
// answers with what is left of it.
func jsonDocument(q *question) ([]byte, error) {
	var read any
	state := "ok"
	if err := json.Unmarshal(q.Text, &read); err != nil {
		state = "bad"
	}
	html, err := json.Marshal(read)
	if err != nil {
		return nil, err
	}
	pretty, err := json.MarshalIndent(read, "", "  ")
	if err != nil {
		return nil, err
	}
	out := netstring(nil, state)
	for _, text := range []string{fmt.Sprint(read), string(html), string(pretty)} {
		out = netstring(out, text)
	}
	return out, nil
}

func regexpSpans(q *question) ([]byte, error) {
	re, err := regexp.Compile(string(q.Pattern))
	if err != nil {
		return nil, err
	}
	out := strconv.AppendInt(nil, int64(re.NumSubexp()), 10)
	for _, name := range re.SubexpNames()[1:] {
		out = append(append(out, ' '), name...)
	}
	out = append(out, '\n')
	for _, spans := range re.FindAllSubmatchIndex(q.Text, -1) {
		for _, at := range spans {
			out = append(strconv.AppendInt(out, int64(at), 10), ' ')
		}
		out = append(out, '\n')
	}
	return netstring(out, re.ReplaceAllString(string(q.Text), string(q.Replacement))), nil
}

// floatTexts prints each eight bytes (little endian) of the text as %v, JSON and YAML do.
func floatTexts(q *question) ([]byte, error) {
	if len(q.Text)%8 != 0 {
		return nil, errors.New("case: not a multiple of eight bytes")
	}
	var out []byte
	for at := 0; at < len(q.Text); at += 8 {
		value := math.Float64frombits(binary.LittleEndian.Uint64(q.Text[at:]))
		out = fmt.Append(out, value)
		if !math.IsNaN(value) && !math.IsInf(value, 0) {
			inJSON, _ := json.Marshal(value)
			inYAML, _ := yaml.Marshal(value)
			out = append(append(out, ' '), inJSON...)
			out = append(append(out, ' '), strings.TrimSpace(string(inYAML))...)
		}
		out = append(out, '\n')
	}
	return out, nil
}

// unquote reads a string constant of the template language.
func unquote(q *question) ([]byte, error) {
	text, err := strconv.Unquote(string(q.Text))
	return []byte(text), err
}
