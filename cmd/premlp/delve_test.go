package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"premlp/layers"
)

var updateDebugging = flag.Bool("update-debugging", false, "write delve's answers in docs/debugging.md again")

const (
	debuggingPage = "../../docs/debugging.md"
	delvePrompt   = "(dlv) "
	delveCommand  = `$ dlv exec bin/premlp-debug -- dump --model tiny-countries --text "The capital of France is" -o /tmp/france.safetensors`
)

// delveStep is a command of the page and what delve answers.
type delveStep struct{ command, answer string }

// The walk of docs/debugging.md is what the debugger does and prints.
func TestDelve(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program for the debugger")
	}
	dlv := os.Getenv("PREMLP_DLV")
	if dlv == "" {
		var err error
		if dlv, err = exec.LookPath("dlv"); err != nil {
			t.Skip("no dlv in PATH, and PREMLP_DLV names none")
		}
	}
	if a := layers.Arithmetic(); !strings.HasPrefix(a, "fma-") {
		t.Skipf("the page's values are those of the fma arithmetic, this is %s", a)
	}
	page := string(readFile(t, debuggingPage))
	if !strings.Contains(page, delveCommand+"\n") {
		t.Fatalf("%s: want the line %s", debuggingPage, delveCommand)
	}
	steps := pageSteps(page)
	if len(steps) < 10 {
		t.Fatalf("%s: want a walk, have %d commands", debuggingPage, len(steps))
	}
	have := delveAnswers(t, dlv, steps)
	if *updateDebugging {
		writeFile(t, filepath.Dir(debuggingPage), filepath.Base(debuggingPage), []byte(withAnswers(page, have)))
		return
	}
	for i, s := range steps {
		if sameEverywhere(have[i]) != sameEverywhere(s.answer) {
			t.Errorf("%s: want\n%shave\n%s", s.command, s.answer, have[i])
		}
	}
	if t.Failed() {
		t.Log("-update-debugging writes the page's answers again")
	}
}

// pageSteps reads the commands behind "(dlv) " and the answers below them, up to
// the next command or the end of the block.
func pageSteps(page string) []delveStep {
	var steps []delveStep
	answer := false
	for line := range strings.Lines(page) {
		command, ok := strings.CutPrefix(line, delvePrompt)
		switch {
		case ok:
			steps = append(steps, delveStep{command: strings.TrimSuffix(command, "\n")})
			answer = true
		case strings.HasPrefix(line, "```"):
			answer = false
		case answer:
			steps[len(steps)-1].answer += line
		}
	}
	return steps
}

// withAnswers is the page with other answers.
func withAnswers(page string, answers []string) string {
	var b strings.Builder
	answer, next := false, 0
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, delvePrompt):
			answer = true
			b.WriteString(line + answers[next])
			next++
			continue
		case strings.HasPrefix(line, "```"):
			answer = false
		}
		if !answer {
			b.WriteString(line)
		}
	}
	return b.String()
}

// delveAnswers builds the program as make debug does and gives the commands to
// delve. A mark is printed behind each, to tell their answers apart.
func delveAnswers(t *testing.T, dlv string, steps []delveStep) []string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "premlp-debug")
	build := exec.Command("go", "build", "-gcflags", "premlp/...=-N -l", "-o", program, "./cmd/premlp")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	mark := func(i int) string { return fmt.Sprintf("\"behind command %d\"", i) }
	var script strings.Builder
	fmt.Fprintf(&script, "print %s\n", mark(-1))
	for i, s := range steps {
		fmt.Fprintf(&script, "%s\nprint %s\n", s.command, mark(i))
	}
	script.WriteString("exit\n")

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, dlv, "exec", "--allow-non-terminal-interactive", "--check-go-version=false",
		"--init", writeFile(t, dir, "walk", []byte(script.String())), program, "--",
		"dump", "--model", "tiny-countries", "--text", "The capital of France is", "-o", filepath.Join(dir, "france.safetensors"))
	c.Dir = build.Dir
	c.Env = append(os.Environ(), "TERM=dumb", "XDG_CONFIG_HOME="+dir, "PREMLP_CACHE="+filepath.Join(dir, "cache"))
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	_, rest, started := strings.Cut(out.String(), mark(-1)+"\n")
	if !started && strings.Contains(out.String(), "operation not permitted") {
		t.Skipf("processes may not be traced here: %s", out.String())
	}
	if !started {
		t.Fatalf("%v: %v\n%s", c, err, out.String())
	}
	answers := make([]string, len(steps))
	for i := range steps {
		var ok bool
		if answers[i], rest, ok = strings.Cut(rest, mark(i)+"\n"); !ok {
			t.Fatalf("%s: no answer, have\n%s", steps[i].command, answers[i])
		}
	}
	return answers
}

// sameEverywhere leaves out of an answer what differs between builds and runs.
func sameEverywhere(answer string) string {
	for _, r := range []struct{ pattern, with string }{
		{`0x[0-9a-f]+`, "0x"}, {`goroutine\(\d+\)`, "goroutine()"}, {`\.go:\d+`, ".go:"}, {`(?m)^(=>)? +\d+:`, "$1"},
	} {
		answer = regexp.MustCompile(r.pattern).ReplaceAllString(answer, r.with)
	}
	return answer
}
