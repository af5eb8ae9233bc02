package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// terminal is a real one, of tmux.
type terminal struct {
	t      *testing.T
	server string
}

func openTerminal(t *testing.T, width, height int, command string) terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not here: want it as a terminal")
	}
	term := terminal{t, fmt.Sprintf("premlp-test-%d-%s", os.Getpid(), filepath.Base(t.Name()))}
	t.Cleanup(func() { term.tmux("kill-server") })
	term.tmux("-f", "/dev/null", "new-session", "-d", "-s", "test", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), command)
	return term
}

func (term terminal) tmux(args ...string) string {
	term.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-L", term.server}, args...)...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

func (term terminal) keys(keys ...string) {
	term.t.Helper()
	term.tmux(append([]string{"send-keys", "-t", "test"}, keys...)...)
}

// wait waits for a text to be on the screen.
func (term terminal) wait(want string) string {
	term.t.Helper()
	have := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if have = term.tmux("capture-pane", "-t", "test", "-p"); strings.Contains(have, want) {
			return have
		}
	}
	term.t.Fatalf("want %q on the screen, have\n%s", want, have)
	return ""
}

// On a terminal step is a screen, which leaves the terminal as it was.
func TestStepScreen(t *testing.T) {
	command := fmt.Sprintf("%s=1 PREMLP_CACHE='%s' '%s' step --model tiny-countries --prompt '%s'; echo status $?; stty -a; sleep 60",
		asCommand, t.TempDir(), os.Args[0], stepPrompt)
	for _, end := range []string{"q", "C-c"} {
		t.Run(end, func(t *testing.T) {
			term := openTerminal(t, 80, 24, command)
			term.wait("before the first of 94 ops")
			term.keys("Space")
			term.wait("[16/94]")
			term.keys(":")
			term.wait("esc back to the strip")
			term.keys("when Madrid overtakes London", "Enter", "continue", "Enter")
			term.wait(" stop 1: Madrid overtakes London  [46/94]")
			term.tmux("resize-window", "-t", "test", "-x", "110", "-y", "30")
			term.keys("Escape")
			term.wait("g go to")
			term.keys(end)
			term.wait("status 0")
			if have := term.wait("icanon"); strings.Contains(have, "-icanon") || strings.Contains(have, "-echo ") {
				t.Errorf("want the terminal as it was, have\n%s", have)
			}
		})
	}
}
