package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"text/template"
	"unsafe"
)

// benchCommand is the twin of tests/bench/template_render.c: for each case of standard input its
// name, ns of CPU time for count renders of the template parsed once, and the same for parsing it
// each time. The functions are checked and copied once for all.
func benchCommand(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: oracle bench COUNT <CASES")
	}
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	root := template.New("").Funcs(allFunctions).Option("missingkey=error")
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := readLine(lines)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = benchLine(root, line, count)
		}
		if err != nil {
			return err
		}
	}
}

func benchLine(root *template.Template, line []byte, count int) error {
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return err
	}
	data := make(map[string]string, len(q.Data))
	for key, value := range q.Data {
		data[key] = string(value)
	}
	parse := func() (*template.Template, error) { return root.New(q.Name).Parse(q.text()) }
	t, err := parse()
	if err != nil {
		return err
	}
	once := func() (*template.Template, error) { return t, nil }
	if _, err := benchTime(once, data, count/10); err != nil {
		return err
	}
	rendering, err := benchTime(once, data, count)
	if err != nil {
		return err
	}
	parsing, err := benchTime(parse, data, count)
	if err != nil {
		return err
	}
	fmt.Println(q.Name, rendering, parsing)
	return nil
}

func benchTime(made func() (*template.Template, error), data any, count int) (int64, error) {
	began, err := threadTime()
	if err != nil {
		return 0, err
	}
	for range count {
		t, err := made()
		if err != nil {
			return 0, err
		}
		var out bytes.Buffer
		if err := t.Execute(&out, data); err != nil {
			return 0, err
		}
	}
	ended, err := threadTime()
	return ended - began, err
}

// threadTime is ns of CPU time of this thread; collecting garbage in others is not in it.
func threadTime() (int64, error) {
	const threadClock = 3
	var now syscall.Timespec
	_, _, failed := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadClock,
		uintptr(unsafe.Pointer(&now)), 0)
	if failed != 0 {
		return 0, failed
	}
	return now.Nano(), nil
}
