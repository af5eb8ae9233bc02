//go:build cloud

package cloud

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"premlp/collect/jobs/store"
)

// fakeS3 speaks as much of S3's protocol as a store needs: one bucket, whole
// objects, writes with If-None-Match.
type fakeS3 struct {
	mu      sync.Mutex
	objects map[string][]byte
	puts    int // with If-None-Match
}

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/bucket/")
	data, has := f.objects[key]
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "2":
		f.list(w, r)
	case r.Method == http.MethodPut:
		if r.Header.Get("If-None-Match") == "*" {
			f.puts++
			if has {
				fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
				return
			}
		}
		body, err := content(r)
		if err != nil {
			fail(w, http.StatusBadRequest, "IncompleteBody")
			return
		}
		f.objects[key] = body
		w.Header().Set("ETag", `"etag"`)
	case !has:
		fail(w, http.StatusNotFound, "NoSuchKey")
	case r.Method == http.MethodDelete:
		delete(f.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("ETag", `"etag"`)
		w.Header().Set("Last-Modified", time.Unix(1e9, 0).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(data)
		}
	}
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code)
}

// list answers ListObjectsV2, two objects a page.
func (f *fakeS3) list(w http.ResponseWriter, r *http.Request) {
	type object struct {
		Key          string
		Size         int
		LastModified string
		ETag         string
	}
	var page struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		KeyCount              int
		Contents              []object
	}
	var keys []string
	for key := range f.objects {
		if strings.HasPrefix(key, r.URL.Query().Get("prefix")) && key > r.URL.Query().Get("continuation-token") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i == 2 {
			page.IsTruncated, page.NextContinuationToken = true, keys[1]
			break
		}
		page.Contents = append(page.Contents, object{key, len(f.objects[key]), "2026-01-02T03:04:05.000Z", `"etag"`})
	}
	page.KeyCount = len(page.Contents)
	_ = xml.NewEncoder(w).Encode(page)
}

// content reads a body, which may come in signed chunks.
func content(r *http.Request) ([]byte, error) {
	if !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") && !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return io.ReadAll(r.Body)
	}
	var all []byte
	b := bufio.NewReader(r.Body)
	for {
		line, err := b.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return all, nil
		}
		chunk := make([]byte, n+2)
		if _, err := io.ReadFull(b, chunk); err != nil {
			return nil, err
		}
		all = append(all, chunk[:n]...)
	}
}

// A store in a bucket keeps what a store in a folder does: what has a name stays,
// what is cancelled is not there.
func TestS3(t *testing.T) {
	fake := &fakeS3{objects: map[string][]byte{}}
	server := httptest.NewServer(fake)
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/nothing", "AWS_SHARED_CREDENTIALS_FILE": "/nothing",
	} {
		t.Setenv(name, value)
	}
	s, err := store.Open(t.Context(), "s3://bucket?region=us-east-1&use_path_style=true&endpoint="+server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.String() != "s3://bucket" {
		t.Errorf("name: have %s", s)
	}
	if _, err := s.Get(t.Context(), "a/1", 10); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nothing there: have %v", err)
	}
	for i, c := range []struct {
		data    string
		written bool
		err     error
	}{{"one", true, nil}, {"one", false, nil}, {"two", false, store.ErrDifferent}} {
		if written, err := s.PutBytes(t.Context(), "a/1", []byte(c.data)); written != c.written || !errors.Is(err, c.err) {
			t.Errorf("put %d: have %v, %v", i, written, err)
		}
	}
	if fake.puts != 3 {
		t.Errorf("want 3 writes with If-None-Match, have %d", fake.puts)
	}
	for _, name := range []string{"a/3", "a/2", "a/4", "b"} {
		if _, err := s.PutBytes(t.Context(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for e, err := range s.List(t.Context(), "a/") {
		if err != nil || e.Bytes != 3 {
			t.Fatal(e, err)
		}
		names = append(names, e.Name)
	}
	if have := strings.Join(names, " "); have != "a/1 a/2 a/3 a/4" {
		t.Errorf("list: have %s", have)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.Put(ctx, "a/5", func(w io.Writer) error {
		cancel()
		_, err := io.WriteString(w, "half")
		return err
	})
	if has, hasErr := s.Has(t.Context(), "a/5"); err == nil || has || hasErr != nil {
		t.Errorf("cancelled: have %v, %v, %v", err, has, hasErr)
	}
	large := strings.Repeat("0123456789abcdef", 2<<16) // 2 MiB
	if err := s.Replace(t.Context(), "a/1", func(w io.Writer) error {
		_, err := io.WriteString(w, large)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if data, err := s.Get(t.Context(), "a/1", 4<<20); string(data) != large || err != nil {
		t.Errorf("get: have %d bytes, %v", len(data), err)
	}
	if err := s.Remove(t.Context(), "a/1"); err != nil {
		t.Fatal(err)
	}
	if has, err := s.Has(t.Context(), "a/1"); has || err != nil {
		t.Errorf("removed: have %v, %v", has, err)
	}
}
