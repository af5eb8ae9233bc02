package queue

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The limits of a task, the same for every queue. A body describes work; what
// is larger than this belongs in the store.
const (
	MaxBody  = 256 << 10 // bytes of Task.Body
	MaxName  = 128       // bytes of Task.ID and Task.Job
	maxCause = 4 << 10   // bytes kept of a dead task's error
)

// name is what an ID and a job's name may hold: it stands in file names and in
// the subjects of messages.
var name = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// CheckName refuses what cannot name a task or a job. what says which of the
// two it is.
func CheckName(what, s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%s: want a name, have none", what)
	case len(s) > MaxName:
		return fmt.Errorf("%s: want at most %d bytes, have %d", what, MaxName, len(s))
	case !name.MatchString(s):
		return fmt.Errorf("%s %q: want only letters of ASCII, digits, '_' and '-'", what, s)
	}
	return nil
}

// Check refuses a task that no queue takes.
func (t Task) Check() error {
	if err := CheckName("task", t.ID); err != nil {
		return err
	}
	if err := CheckName("job", t.Job); err != nil {
		return fmt.Errorf("task %s: %w", t.ID, err)
	}
	if len(t.Body) > MaxBody {
		return fmt.Errorf("task %s: want a body of at most %d bytes, have %d", t.ID, MaxBody, len(t.Body))
	}
	return nil
}

// Cause is the text that a queue keeps of a dead task's error: valid UTF-8 of
// bounded length. deliveries says how often the task was delivered; an err of
// nil stands for workers that ended without a word.
func Cause(err error, deliveries int) string {
	if err == nil {
		return fmt.Sprintf("delivered %d times, and no worker finished it: each died, hung, was cut off or gave it back", deliveries)
	}
	s := strings.ToValidUTF8(err.Error(), "\uFFFD")
	if len(s) <= maxCause {
		return s
	}
	cut := maxCause
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
