package related

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Endpoint is a server that speaks the OpenAI chat protocol.
type Endpoint struct {
	URL     string                           // with or without /chat/completions at its end
	Model   string                           // "" where the server has one
	Key     string                           // sent as a bearer token, never shown or stored; "" for none
	Timeout time.Duration                    // of one request; 0: DefaultTimeout
	Notef   func(format string, args ...any) // told of every try that failed; may be nil

	sleep func(context.Context, time.Duration) error // nil: wait
}

// How long an endpoint is waited for.
const (
	DefaultTimeout = 2 * time.Minute

	maxTries = 5
	maxPause = 2 * time.Minute
)

// AskEndpoint asks an endpoint for DefaultEndpointLists lists, with the seeds
// Seed, Seed+1 …, and merges them by vote. Whether it answers the same again is
// the endpoint's affair: its answers are in the result.
func AskEndpoint(ctx context.Context, e Endpoint, r Request, progress func(lists, most int)) (*Result, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if r.Category == nil {
		return nil, errors.New("related: want a category to ask an endpoint for, have none")
	}
	address, err := e.address()
	if err != nil {
		return nil, err
	}
	r.Settings = r.Settings.withDefaults(DefaultEndpointLists)
	r.Settings.TopK = 0
	result := &Result{
		Format: Format, Version: Version, Request: r, Prompt: r.message(), Answers: []string{},
		Source: Source{Kind: "endpoint", Name: e.Model, URL: shown(address)},
	}
	var lists [][]item
	for i := range r.Settings.Lists {
		text, name, err := e.ask(ctx, address, chatRequest{
			Model: e.Model, Messages: []chatMessage{{"user", result.Prompt}},
			Temperature: r.Settings.Temperature, Seed: r.Seed + uint64(i), MaxTokens: tokensPerConcept * r.N,
		})
		if err != nil {
			return nil, fmt.Errorf("related: %s: list %d: %w", shown(address), i+1, err)
		}
		if result.Source.Name == "" {
			result.Source.Name = plainName(name)
		}
		result.Answers = append(result.Answers, text)
		lists = append(lists, r.items(parseAnswer(text)))
		if progress != nil {
			progress(i+1, r.Settings.Lists)
		}
	}
	all := gather(lists)
	decide(all, r.N)
	result.Concepts, result.Candidates = results(all)
	return result, nil
}

// plainName is a model's name without the folders of a server's machine.
func plainName(name string) string {
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "~") || strings.Contains(name, `\`) {
		return name[strings.LastIndexAny(name, `/\`)+1:]
	}
	return name
}

// tokensPerConcept bounds the answer that is asked for.
const tokensPerConcept = 64

// items are the names that may be related concepts.
func (r Request) items(names []string) []item {
	var list []item
	for _, name := range names {
		if r.refuse(name) == "" {
			list = append(list, item{name: name})
		}
	}
	return list
}

// address is where requests go.
func (e Endpoint) address() (*url.URL, error) {
	u, err := url.Parse(e.URL)
	switch {
	case err != nil:
		return nil, errors.New("endpoint: want an address, as http://127.0.0.1:8080/v1; have one that cannot be read")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("endpoint: want an address, as http://127.0.0.1:8080/v1; have %q", shown(u))
	case u.User != nil:
		return nil, fmt.Errorf("endpoint: want the key in an environment variable, have one in the address of %s", u.Host)
	}
	if !strings.HasSuffix(u.Path, "/chat/completions") {
		u = u.JoinPath("chat", "completions")
	}
	return u, nil
}

// shown is an address without what may be secret.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// ask sends one request until it is answered, and returns the answer's text and
// the model's name. A server that is busy or fails is asked again, after a pause
// that doubles or that the server states.
func (e Endpoint) ask(ctx context.Context, address *url.URL, body chatRequest) (text, name string, err error) {
	pause := time.Second
	for try := 1; ; try++ {
		text, name, err = e.try(ctx, address, body)
		var again *retryError
		if err == nil || !errors.As(err, &again) || ctx.Err() != nil {
			return text, name, errors.Join(ctx.Err(), err)
		}
		wait := pause + time.Duration(rand.Int64N(int64(pause)/4)) // many clients must not return at once
		if again.after > 0 {
			wait = again.after
		}
		switch {
		case try == maxTries:
			return "", "", fmt.Errorf("%w (tried %d times)", err, try)
		case wait > maxPause:
			return "", "", fmt.Errorf("%w; it asks to wait %v, at most %v is waited", err, wait.Round(time.Second), maxPause)
		}
		if e.Notef != nil {
			e.Notef("%s: %v; trying again in %v", shown(address), err, wait.Round(100*time.Millisecond))
		}
		sleep := e.sleep
		if sleep == nil {
			sleep = sleepFor
		}
		if err := sleep(ctx, wait); err != nil {
			return "", "", err
		}
		pause *= 2
	}
}

// sleepFor waits, or returns when ctx ends.
func sleepFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryError is an error that may pass.
type retryError struct {
	error
	after time.Duration // as the server states; 0: it does not
}

func (r *retryError) Unwrap() error { return r.error }

// passing reports whether a status may be another one soon.
func passing(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500
}
