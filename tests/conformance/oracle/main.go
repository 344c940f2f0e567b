// The oracle answers what Go makes of a template: text/template with the functions that External
// Secrets offers, built from the same public libraries. Lockstep's own engine is compared with it.
//
// Without arguments it reads one JSON case per line from standard input and writes one answer per
// line, in order. Arguments select something else: a differential run against a subject, see
// compare.go, a benchmark, or a listing.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

const lineMax = 64 << 20

func main() {
	// As in External Secrets' image: the local zone is called UTC, and still is not time.UTC.
	os.Setenv("TZ", "UTC")
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return answerAll(os.Stdin, os.Stdout)
	}
	switch args[0] {
	case "bench":
		return benchCommand(args[1:])
	case "compare":
		return compareCommand(args[1:])
	case "tables":
		return printTables(args[1:], os.Stdout)
	case "functions":
		return printFunctions(os.Stdout)
	}
	return fmt.Errorf("unknown command %q; known: bench, compare, tables, functions", args[0])
}

// answerAll answers each line of in; output is flushed whenever no further line is waiting.
func answerAll(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	answers := bufio.NewWriterSize(out, 1<<20)
	for {
		line, err := readLine(lines)
		if err == io.EOF {
			return answers.Flush()
		}
		if err != nil {
			return err
		}
		answers.Write(answerLine(line))
		answers.WriteByte('\n')
		if lines.Buffered() == 0 {
			if err := answers.Flush(); err != nil {
				return err
			}
		}
	}
}

// readLine gives the next line without its end; a last one without an end counts as well.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadBytes('\n')
	if len(line) > lineMax {
		return nil, fmt.Errorf("a line is longer than %d bytes", lineMax)
	}
	if err == io.EOF && len(line) > 0 {
		return line, nil
	}
	if err != nil {
		return nil, err
	}
	return line[:len(line)-1], nil
}
