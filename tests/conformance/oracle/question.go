package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"text/template"
)

// outputMax ends a render that prints without end.
const outputMax = 64 << 20

var errOutput = errors.New("more output than the oracle keeps")

// question is one case. Bytes are base64 in its JSON, so that they need not be UTF-8.
type question struct {
	Name       string            `json:"name"`
	Kind       string            `json:"kind,omitempty"`
	Template   string            `json:"template,omitempty"`
	Raw        []byte            `json:"template64,omitempty"` // in place of Template
	Data       map[string][]byte `json:"data,omitempty"`
	MissingKey string            `json:"missingkey,omitempty"`
	Left       string            `json:"left,omitempty"`
	Right      string            `json:"right,omitempty"`

	// For the kinds that ask about one module.
	Text        []byte `json:"text,omitempty"`
	Pattern     []byte `json:"pattern,omitempty"`
	Replacement []byte `json:"replacement,omitempty"`

	otherwise bool // see accidents.go
}

type answer struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Out   []byte `json:"out"`
	Class string `json:"class,omitempty"` // subjects only
	Error string `json:"error,omitempty"`
}

var kinds = map[string]func(*question) ([]byte, error){
	"":             render,
	"template":     render,
	"parse":        parse,
	"yaml_strings": yamlStrings,
	"yaml":         yamlDocument,
	"json":         jsonDocument,
	"regexp":       regexpSpans,
	"floats":       floatTexts,
	"yaml_text":    yamlWritten,
	"unquote":      unquote,
}

func answerLine(line []byte) []byte {
	var q question
	var a answer
	if err := json.Unmarshal(line, &q); err != nil {
		a = answer{Error: "case: " + err.Error()}
	} else {
		a = ask(&q)
	}
	text, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return text
}

func ask(q *question) answer {
	a := answer{Name: q.Name}
	answer, ok := kinds[q.Kind]
	if !ok {
		a.Error = fmt.Sprintf("case: no kind %q", q.Kind)
		return a
	}
	out, err := answer(q)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.OK, a.Out = true, append([]byte{}, out...)
	return a
}

var (
	allFunctions = functions()
	wordPattern  = regexp.MustCompile(`[A-Za-z0-9_]+`)
)

// named is the functions that a text may call. Go checks and copies each function of a template
// whenever one is made, which takes longer than an ordinary render.
func named(text string) template.FuncMap {
	found := template.FuncMap{}
	for _, word := range wordPattern.FindAllString(text, -1) {
		if fn, ok := allFunctions[word]; ok {
			found[word] = fn
		}
	}
	return found
}

func (q *question) text() string {
	if q.Raw != nil {
		return string(q.Raw)
	}
	return q.Template
}

func parsed(q *question) (*template.Template, error) {
	text := q.text()
	t := template.New(q.Name).Funcs(named(text)).Delims(q.Left, q.Right)
	if q.otherwise {
		t.Funcs(otherwise)
	}
	if q.MissingKey != "" {
		t = t.Option("missingkey=" + q.MissingKey)
	}
	return t.Parse(text)
}

func parse(q *question) ([]byte, error) {
	_, err := parsed(q)
	return nil, err
}

func render(q *question) ([]byte, error) {
	t, err := parsed(q)
	if err != nil {
		return nil, err
	}
	data := make(map[string]string, len(q.Data))
	for key, value := range q.Data {
		data[key] = string(value)
	}
	buffer := bounded{}
	if err := t.Execute(&buffer, data); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

type bounded struct{ bytes.Buffer }

var _ io.Writer = (*bounded)(nil)

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > outputMax {
		return 0, errOutput
	}
	return b.Buffer.Write(p)
}
