package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	batchSize    = 200
	batchTimeout = 120 * time.Second
	stopTimeout  = 10 * time.Second
	shrinkSteps  = 400
	goRepeats    = 100 // Go walks some maps in an order of its own each time
)

var makers = map[string]func(*rand.Rand) *question{
	"template":     templateCase,
	"floats":       floatsCase,
	"json":         jsonCase,
	"yaml":         func(r *rand.Rand) *question { return yamlCase(r, "yaml") },
	"yaml_strings": func(r *rand.Rand) *question { return yamlCase(r, "yaml_strings") },
	"yaml_text":    yamlTextCase,
	"regexp":       regexpCase,
	"unquote":      unquoteCase,
}

type tally struct {
	sync.Mutex
	passed, failed, limited, succeeded int
	shown                              map[string]bool
}

type comparison struct {
	kind    string
	subject string
	seed    uint64
	most    int
	report  *json.Encoder
	tally   tally
}

// compareCommand makes cases, asks both sides, and prints what differs, made small.
func compareCommand(args []string) error {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	c := &comparison{tally: tally{shown: map[string]bool{}}}
	n := flags.Int("n", 1000, "cases")
	workers := flags.Int("workers", 2, "subjects at a time")
	report := flags.String("report", "", "write differences to this file, one JSON text a line")
	flags.StringVar(&c.kind, "kind", "template", "what to ask about")
	flags.StringVar(&c.subject, "subject", "", "program of the subject")
	flags.Uint64Var(&c.seed, "seed", 1, "seed of the generator")
	flags.IntVar(&c.most, "show", 10, "differences to show")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if makers[c.kind] == nil || c.subject == "" {
		return errors.New("compare needs --subject and a known --kind")
	}
	if *report != "" {
		file, err := os.Create(*report)
		if err != nil {
			return err
		}
		defer file.Close()
		c.report = json.NewEncoder(file)
	}
	return c.run(*n, *workers)
}

func (c *comparison) run(n, workers int) error {
	var group sync.WaitGroup
	failures := make(chan error, workers)
	batches := make(chan int)
	for range workers {
		group.Go(func() { failures <- c.work(batches) })
	}
	for batch := 0; batch*batchSize < n; batch++ {
		batches <- batch
	}
	close(batches)
	group.Wait()
	for range workers {
		if err := <-failures; err != nil {
			return err
		}
	}
	t := &c.tally
	fmt.Printf("%s seed %d: %d agree (%d succeed), %d differ, %d at a limit of ours\n", c.kind,
		c.seed, t.passed,
		t.succeeded, t.failed, t.limited)
	if t.failed > 0 {
		return fmt.Errorf("%d of %d cases differ", t.failed, n)
	}
	return nil
}

// work takes batches; each has a generator of its own, so that one can be made again.
func (c *comparison) work(batches <-chan int) error {
	s := &subject{program: c.subject}
	defer s.stop()
	for batch := range batches {
		r := rand.New(rand.NewPCG(c.seed, uint64(batch)))
		questions := make([]*question, batchSize)
		for i := range questions {
			questions[i] = makers[c.kind](r)
		}
		theirs := s.askAll(questions)
		for i, q := range questions {
			ours := ask(q)
			c.judge(q, ours, <-theirs, s, i, batch)
		}
	}
	return nil
}

var place = regexp.MustCompile(`^template: [^:]*:\d+:`)

// verdict of two answers: "" when they agree.
func verdict(ours, theirs answer) string {
	switch {
	case ours.OK && theirs.OK && bytes.Equal(ours.Out, theirs.Out):
		return ""
	case ours.OK && theirs.OK:
		return "bytes"
	case ours.OK && strings.Contains(theirs.Error, "limit reached: "):
		return "limit"
	case ours.OK:
		return "refused"
	case theirs.OK:
		return "accepted"
	case theirs.Class == "internal" || theirs.Class == "died":
		return "internal"
	case place.FindString(ours.Error) != place.FindString(theirs.Error) && !strings.Contains(theirs.Error,
		"limit reached: "):
		return "line"
	}
	return ""
}

// isAccident forgives what depends on how Go's libraries happen to be written, see accidents.go.
func isAccident(q *question, ours answer) bool {
	other := *q
	other.otherwise = true
	return verdict(ask(&other), ours) != ""
}

// printsAddresses forgives what differs between two processes of Go's: where a value lies in memory,
// which some verbs print.
func printsAddresses(q *question, ours answer) bool {
	program, err := os.Executable()
	if err != nil {
		return false
	}
	other := &subject{program: program}
	defer other.stop()
	again := other.ask(q)
	return again.OK && !bytes.Equal(again.Out, ours.Out)
}

func (c *comparison) judge(q *question, ours, theirs answer, s *subject, i, batch int) {
	said := verdict(ours, theirs)
	for again := 0; said != "" && again < goRepeats; again++ {
		said = verdict(ask(q), theirs)
	}
	if said != "" && (isAccident(q, ours) || said == "bytes" && printsAddresses(q, ours)) {
		said = ""
	}
	t := &c.tally
	t.Lock()
	defer t.Unlock()
	switch said {
	case "":
		t.passed++
		if ours.OK {
			t.succeeded++
		}
		return
	case "limit":
		t.limited++
		fmt.Printf("%s, case %d: %s\n", c.kind, batch*batchSize+i, theirs.Error)
		if c.report != nil {
			c.report.Encode(map[string]any{"verdict": said, "case": q, "go": ours, "ours": theirs})
		}
		return
	}
	t.failed++
	if len(t.shown) < c.most {
		c.show(q, said, batch*batchSize+i)
	}
}

// show prints a difference once it is small, unless it has the shape of one shown before.
func (c *comparison) show(q *question, said string, number int) {
	s := &subject{program: c.subject}
	defer s.stop()
	small := shrink(q, said, s)
	ours, theirs := ask(small), s.ask(small)
	shape := said + strings.Join(regexp.MustCompile(`[a-zA-Z0-9]+`).FindAllString(string(small.Raw),
		3), " ") +
		string(small.Text)[:min(len(small.Text), 4)]
	if c.tally.shown[shape] {
		return
	}
	c.tally.shown[shape] = true
	fmt.Printf("--- %s, case %d of seed %d: %s\n", c.kind, number, c.seed, said)
	if small.Raw != nil {
		fmt.Printf("  template %q\n", small.Raw)
	}
	for name, value := range small.Data {
		fmt.Printf("  .%s = %q\n", name, value)
	}
	for name, text := range map[string][]byte{"text": small.Text, "pattern": small.Pattern,
		"replacement": small.Replacement} {
		if text != nil {
			fmt.Printf("  %s %q\n", name, text)
		}
	}
	fmt.Printf("  Go:   %s\n  ours: %s\n", ours, theirs)
	if c.report != nil {
		c.report.Encode(map[string]any{"verdict": said, "case": small, "go": ours, "ours": theirs})
	}
}

func (a answer) String() string {
	if a.OK {
		return fmt.Sprintf("%q", a.Out)
	}
	return "refused: " + a.Error
}

// subject is a process that answers questions; a dead one is started anew.
type subject struct {
	program string
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func (s *subject) start() error {
	s.process = exec.Command(s.program)
	s.process.Stderr = os.Stderr
	in, err := s.process.StdinPipe()
	if err != nil {
		return err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return err
	}
	s.in, s.out = in, bufio.NewReaderSize(out, 1<<20)
	return s.process.Start()
}

func (s *subject) stop() {
	if s.process == nil {
		return
	}
	process := s.process
	s.in.Close()
	timer := time.AfterFunc(stopTimeout, func() { process.Process.Kill() })
	defer timer.Stop()
	process.Wait()
	s.process = nil
}

func encode(questions []*question) []byte {
	text := bytes.Buffer{}
	encoder := json.NewEncoder(&text)
	for _, q := range questions {
		if err := encoder.Encode(q); err != nil {
			panic(err)
		}
	}
	return text.Bytes()
}

// exchange sends lines and gives what comes back until it stops coming.
func (s *subject) exchange(questions []*question) []answer {
	if s.process == nil {
		if err := s.start(); err != nil {
			return nil
		}
	}
	timer := time.AfterFunc(batchTimeout, func() { s.process.Process.Kill() })
	defer timer.Stop()
	go s.in.Write(encode(questions))
	answers := make([]answer, 0, len(questions))
	for range questions {
		line, err := readLine(s.out)
		if err != nil {
			return answers
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			a = answer{Class: "internal", Error: "no JSON: " + err.Error()}
		}
		answers = append(answers, a)
	}
	return answers
}

// askAll answers in the background. What a subject dies of is answered as such.
func (s *subject) askAll(questions []*question) <-chan answer {
	out := make(chan answer, len(questions))
	go func() {
		for len(questions) > 0 {
			answers := s.exchange(questions)
			for _, a := range answers {
				out <- a
			}
			questions = questions[len(answers):]
			if len(questions) > 0 {
				out <- answer{Class: "died", Error: "the subject died"}
				questions = questions[1:]
				s.stop()
			}
		}
	}()
	return out
}

func (s *subject) ask(q *question) answer { return <-s.askAll([]*question{q}) }

var tokenPattern = regexp.MustCompile(
	"(?s)\\{\\{-? ?| ?-?\\}\\}|\"(?:\\\\.|[^\"\\\\])*\"|`[^`]*`|[\\pL\\pN_.$]+|\\s+|.")

func splitTokens(text string) []string { return tokenPattern.FindAllString(text, -1) }

// shrink drops parts of the case for as long as both sides still differ in the same way.
func shrink(q *question, said string, s *subject) *question {
	steps := 0
	differs := func(candidate *question) bool {
		steps++
		return steps < shrinkSteps && verdict(ask(candidate), s.ask(candidate)) == said
	}
	best := *q
	best.Raw = shrinkTokens(best.Raw,
		func(raw []byte) bool { c := best; c.Raw = raw; return differs(&c) })
	best.Text = shrinkTokens(best.Text,
		func(raw []byte) bool { c := best; c.Text = raw; return differs(&c) })
	best.Pattern = shrinkTokens(best.Pattern,
		func(raw []byte) bool { c := best; c.Pattern = raw; return differs(&c) })
	best.Replacement = shrinkTokens(best.Replacement,
		func(raw []byte) bool { c := best; c.Replacement = raw; return differs(&c) })
	for name := range q.Data {
		c := best
		c.Data = map[string][]byte{}
		for other, value := range best.Data {
			if other != name {
				c.Data[other] = value
			}
		}
		if differs(&c) {
			best = c
			continue
		}
		value := shrinkTokens(best.Data[name], func(raw []byte) bool {
			c.Data[name] = raw
			return differs(&c)
		})
		c.Data[name] = value
		best = c
	}
	return &best
}

func shrinkTokens(text []byte, differs func([]byte) bool) []byte {
	if text == nil {
		return nil
	}
	tokens := splitTokens(string(text))
	join := func(t []string) []byte { return []byte(strings.Join(t, "")) }
	if len(text) == 0 || len(join(tokens)) != len(text) || len(tokens) > 2000 {
		return text
	}
	for size := (len(tokens) + 1) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(tokens); {
			candidate := append(append([]string{}, tokens[:at]...), tokens[at+size:]...)
			if differs(join(candidate)) {
				tokens = candidate
			} else {
				at += size
			}
		}
	}
	return join(tokens)
}
