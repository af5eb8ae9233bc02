package hub

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// What a pull can fail of, for errors.Is.
var (
	ErrGated     = errors.New("gated model")
	ErrNotFound  = errors.New("not found")
	ErrForbidden = errors.New("access denied")
	ErrNotCached = errors.New("not in the cache")
	ErrDigest    = errors.New("wrong content")
	ErrNoModel   = errors.New("no model in it")
)

// statusError is an answer of the server that is not the one wanted.
type statusError struct {
	what    string // "ORG/NAME: FILE"
	status  int
	message string
	kind    error // one of the above, nil for others
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("hub: %s: HTTP status: want 200, have %d", e.what, e.status)
	if e.message != "" {
		text += " (" + e.message + ")"
	}
	if e.kind != nil {
		text += ": " + e.kind.Error()
	}
	return text
}

func (e *statusError) Unwrap() error { return e.kind }

// passing holds for answers that may be another one a moment later.
func (e *statusError) passing() bool {
	return e.status == http.StatusTooManyRequests || e.status == http.StatusRequestTimeout || e.status >= 500
}

// answerError turns a refusal into an error that says what to do.
func (c *client) answerError(resp *http.Response, what string) error {
	e := &statusError{what: what, status: resp.StatusCode, message: oneLine(resp.Header.Get("X-Error-Message"))}
	code := resp.Header.Get("X-Error-Code")
	hint := ""
	switch {
	case code == "GatedRepo":
		e.kind, hint = ErrGated, fmt.Sprintf("accept its terms at %s/%s, then set HF_TOKEN to a token that may read it", c.Endpoint, c.ref.ID)
	case code == "RevisionNotFound":
		e.kind, hint = ErrNotFound, fmt.Sprintf("it has no revision %q", c.ref.Revision)
	case code == "EntryNotFound":
		e.kind = ErrNotFound
	case e.status == http.StatusUnauthorized:
		// The hub answers 401 also for a name that does not exist.
		e.kind, hint = ErrForbidden, "there is no such model, or it is private and HF_TOKEN is not set or not valid"
	case e.status == http.StatusForbidden:
		e.kind, hint = ErrForbidden, "HF_TOKEN may not read it"
	case e.status == http.StatusNotFound:
		e.kind = ErrNotFound
	}
	if hint != "" {
		return fmt.Errorf("%w: %s", e, hint)
	}
	return e
}

// oneLine makes a server's text safe to print.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return s
}
