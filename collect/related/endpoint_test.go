package related

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const testKey = "sk-secret-0123456789"

// speaker answers each request with the next of its steps, and the last one
// again and again.
func speaker(t *testing.T, steps ...http.HandlerFunc) (Endpoint, *atomic.Int32) {
	t.Helper()
	var count atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		steps[min(int(count.Add(1)), len(steps))-1](w, r)
	}))
	t.Cleanup(server.Close)
	return Endpoint{URL: server.URL + "/v1", Key: testKey, Timeout: 5 * time.Second, sleep: func(context.Context, time.Duration) error { return nil }}, &count
}

// says answers with a text.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"model": "m", "choices": []any{map[string]any{"message": map[string]any{"content": text}}}})
	}
}

// fails answers with a status and a body.
func fails(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func countries(t *testing.T) Request {
	t.Helper()
	c, err := ParseCategory("countries")
	if err != nil {
		t.Fatal(err)
	}
	return Request{Concept: "France", Aliases: []string{}, Category: &c, N: 3, Seed: 5}
}

func TestAskEndpoint(t *testing.T) {
	var requests []chatRequest
	e, count := speaker(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer "+testKey {
			t.Errorf("have %s with %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		var body chatRequest
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		requests = append(requests, body)
		says([]string{"1. Italy\n2. France\n3. Spain\n4. Peru", "Spain\nItaly\nChad", "- Spain\n- Peru\n- Mali"}[len(requests)-1])(w, r)
	})
	request := countries(t)
	request.Settings.Lists = 3
	r, err := AskEndpoint(context.Background(), e, request, nil)
	if err != nil {
		t.Fatal(err)
	}
	if have := strings.Join(r.Concepts, " "); have != "Spain Italy Peru" || count.Load() != 3 || r.Missing() != 0 {
		t.Errorf("want Spain Italy Peru of 3 requests, have %s of %d", have, count.Load())
	}
	for i, q := range requests {
		if q.Seed != uint64(5+i) || q.Temperature != DefaultTemperature || q.MaxTokens == 0 || len(q.Messages) != 1 ||
			q.Messages[0].Content != "Give me a list of 3 countries that are similar to France in culture, size and language, one per line." {
			t.Errorf("request %d: have %+v", i, q)
		}
	}
	if r.Source.Name != "m" || r.Source.Kind != "endpoint" || len(r.Answers) != 3 || r.Membership != nil {
		t.Errorf("have %+v", r.Source)
	}
	data, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Decode(data); err != nil || again.Concepts[0] != "Spain" {
		t.Errorf("want the result back, have %v, %v", again, err)
	}
}

// What passes is waited for, as long as the server states or twice as long each
// time; what does not is not asked again.
func TestEndpointRetries(t *testing.T) {
	list := says("Spain\nItaly\nPeru")
	hang := func(w http.ResponseWriter, r *http.Request) { time.Sleep(150 * time.Millisecond) }
	cut := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"choices"`)
	}
	for name, c := range map[string]struct {
		steps []http.HandlerFunc
		tries int32
		waits string // seconds, of pauses with chance in them the power of two below
		err   string
	}{
		"busy, with seconds": {[]http.HandlerFunc{fails(429, "slow down", "Retry-After", "7"), list}, 2, "7", ""},
		"busy, without":      {[]http.HandlerFunc{fails(503, ""), fails(500, ""), list}, 3, "1 2", ""},
		"broken for good":    {[]http.HandlerFunc{fails(502, "<html>bad gateway")}, 5, "1 2 4 8", "status 502 Bad Gateway: \"<html>bad gateway\" (tried 5 times)"},
		"too long a pause":   {[]http.HandlerFunc{fails(429, "quota", "Retry-After", "3600")}, 1, "", "it asks to wait 1h0m0s, at most 2m0s is waited"},
		"wrong key":          {[]http.HandlerFunc{fails(401, "Incorrect API key provided: "+testKey)}, 1, "", `status 401 Unauthorized: "Incorrect API key provided: [key]"`},
		"not JSON":           {[]http.HandlerFunc{fails(200, "hello\n"+testKey)}, 1, "", `want a chat completion in JSON: "hello [key]"`},
		"no choices":         {[]http.HandlerFunc{fails(200, `{"choices": []}`)}, 1, "", "want choices[0].message.content"},
		"no content":         {[]http.HandlerFunc{fails(200, `{"choices": [{"message": {"content": null}}]}`)}, 1, "", "want choices[0].message.content"},
		"content of parts":   {[]http.HandlerFunc{fails(200, `{"choices": [{"message": {"content": [1]}}]}`)}, 1, "", "want a chat completion in JSON"},
		"empty":              {[]http.HandlerFunc{says(" ")}, 1, "", "want an answer, have an empty one"},
		"not UTF-8":          {[]http.HandlerFunc{fails(200, "\"\xff\"")}, 1, "", "want an answer in UTF-8"},
		"too large":          {[]http.HandlerFunc{says(strings.Repeat("Spain\n", maxAnswer/6))}, 1, "", "want an answer of at most 1048576 bytes"},
		"redirect":           {[]http.HandlerFunc{fails(302, "", "Location", "http://192.0.2.1/")}, 1, "", "status 302 Found"},
		"too slow":           {[]http.HandlerFunc{hang, list}, 2, "1", ""},
		"cut off":            {[]http.HandlerFunc{cut, list}, 2, "1", ""},
		"slow for good":      {[]http.HandlerFunc{hang}, 5, "1 2 4 8", "want an answer within 100ms, have none (tried 5 times)"},
	} {
		t.Run(name, func(t *testing.T) {
			e, count := speaker(t, c.steps...)
			e.Timeout = 100 * time.Millisecond
			if !strings.Contains(name, "slow") {
				e.Timeout = 10 * time.Second
			}
			var waits, notes []string
			e.sleep = func(_ context.Context, d time.Duration) error {
				waits = append(waits, fmt.Sprint(math.Exp2(math.Floor(math.Log2(d.Seconds())))))
				if c.waits == "7" {
					waits[0] = fmt.Sprint(d.Seconds())
				}
				return nil
			}
			e.Notef = func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
			r := countries(t)
			r.Settings.Lists = 1
			result, err := AskEndpoint(context.Background(), e, r, nil)
			if have := strings.Join(waits, " "); have != c.waits || count.Load() != c.tries || len(notes) != len(waits) {
				t.Errorf("want %d tries and waits of %q, have %d, %q, %q", c.tries, c.waits, count.Load(), have, notes)
			}
			if c.err == "" && (err != nil || len(result.Concepts) != 3) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("want the error %q, have %v, %v", c.err, result, err)
			}
			if text := fmt.Sprint(err, notes); strings.Contains(text, testKey) {
				t.Errorf("the key is shown: %s", text)
			}
		})
	}
}

// A server may answer with the key: it is in no result all the same.
func TestKeyIsNotKept(t *testing.T) {
	e, _ := speaker(t, says("1. Spain\n2. Your key is "+testKey+"\n3. Italy\n4. Peru"))
	r, err := AskEndpoint(context.Background(), e, countries(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), testKey) || !strings.Contains(string(data), "[key]") {
		t.Errorf("want [key], have %s", data)
	}
}

func TestEndpointAddress(t *testing.T) {
	for url, want := range map[string]string{
		"http://a:1/v1":                       "http://a:1/v1/chat/completions",
		"https://a/v1/":                       "https://a/v1/chat/completions",
		"https://a/v1/chat/completions?v=key": "https://a/v1/chat/completions",
	} {
		if u, err := (Endpoint{URL: url}).address(); err != nil || shown(u) != want {
			t.Errorf("%s: want %s, have %v, %v", url, want, u, err)
		}
	}
	for _, url := range []string{"", "a/v1", "ftp://a/v1", "http://me:secret@a/v1", "http://%zz secret", "http:///v1"} {
		_, err := AskEndpoint(context.Background(), Endpoint{URL: url}, countries(t), nil)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: want an error that shows no secret, have %v", url, err)
		}
	}
}

// A cancelled context ends the wait.
func TestEndpointCancelled(t *testing.T) {
	e, _ := speaker(t, fails(503, ""))
	ctx, cancel := context.WithCancel(context.Background())
	e.sleep = func(ctx context.Context, d time.Duration) error {
		cancel()
		return sleepFor(ctx, d)
	}
	if _, err := AskEndpoint(ctx, e, countries(t), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("want a cancelled context, have %v", err)
	}
}

func TestPlainName(t *testing.T) {
	for name, want := range map[string]string{
		"m": "m", "org/model": "org/model", "/home/me/m.gguf": "m.gguf", `C:\models\m.gguf`: "m.gguf", "~/m": "m", "": "",
	} {
		if have := plainName(name); have != want {
			t.Errorf("%q: want %q, have %q", name, want, have)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-1": 0, "12": 12 * time.Second, "99999999999999": 0,
		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second, "Fri, 02 Jan 2026 03:00:00 GMT": 0,
	} {
		if have := retryAfter(value, now); have != want {
			t.Errorf("%q: want %v, have %v", value, want, have)
		}
	}
}

// TestRealServer asks a server at PREMLP_TEST_ENDPOINT.
func TestRealServer(t *testing.T) {
	url := os.Getenv("PREMLP_TEST_ENDPOINT")
	if url == "" {
		t.Skip("PREMLP_TEST_ENDPOINT is not set: want the address of a server that speaks the OpenAI chat protocol")
	}
	r := countries(t)
	r.N = 20
	result, err := AskEndpoint(context.Background(), Endpoint{URL: url, Model: os.Getenv("PREMLP_TEST_ENDPOINT_MODEL")}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %q of %q", result.Source.Name, result.Concepts, result.Answers)
	if len(result.Answers) != DefaultEndpointLists {
		t.Errorf("want %d answers, have %d", DefaultEndpointLists, len(result.Answers))
	}
}

func FuzzParseResponse(f *testing.F) {
	for _, s := range []string{`{"choices":[{"message":{"content":"a"}}],"model":"m"}`, `{"choices":[{}]}`, `[]`, `{"choices":[{"message":{"content":" "}}]}`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if text, _, err := parseResponse(data); err == nil && strings.TrimSpace(text) == "" {
			t.Fatalf("%q: want a text", data)
		}
	})
}
