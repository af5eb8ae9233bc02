package store

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// each runs a test on a store in memory and on one in a folder.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	for name, url := range map[string]string{"memory": "mem://", "folder": filepath.Join(t.TempDir(), "a", "store")} {
		t.Run(name, func(t *testing.T) {
			s, err := Create(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			test(t, s)
		})
	}
}

func TestPut(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		const name = "blocks/ab/abcd"
		if has, err := s.Has(t.Context(), name); has || err != nil {
			t.Errorf("has: have %v, %v", has, err)
		}
		for _, err := range []error{
			second(s.Get(t.Context(), name, 10)), second(s.Size(t.Context(), name)), s.Remove(t.Context(), name),
		} {
			if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), name) {
				t.Errorf("nothing there: have %v", err)
			}
		}
		for i, c := range []struct {
			data    string
			written bool
			err     error
		}{{"one", true, nil}, {"one", false, nil}, {"two", false, ErrDifferent}, {"longer", false, ErrDifferent}} {
			written, err := s.PutBytes(t.Context(), name, []byte(c.data))
			if written != c.written || !errors.Is(err, c.err) {
				t.Errorf("put %d: want %v and %v, have %v and %v", i, c.written, c.err, written, err)
			}
		}
		if data, err := s.Get(t.Context(), name, 3); string(data) != "one" || err != nil {
			t.Errorf("get: have %q, %v", data, err)
		}
		if _, err := s.Get(t.Context(), name, 2); err == nil || !strings.Contains(err.Error(), "at most 2 bytes, have 3") {
			t.Errorf("get of at most 2 bytes: have %v", err)
		}
		if err := s.Replace(t.Context(), name, writing("other")); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Size(t.Context(), name); n != 5 || err != nil {
			t.Errorf("size: have %d, %v", n, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// A write that fails, or is cancelled, leaves nothing.
func TestPutFails(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		broken := errors.New("broken")
		half := func(w io.Writer) error {
			_, err := io.WriteString(w, "half")
			return errors.Join(err, broken)
		}
		if _, err := s.Put(t.Context(), "a/b", half); !errors.Is(err, broken) {
			t.Errorf("put: have %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s.Put(ctx, "a/b", func(w io.Writer) error {
			cancel()
			return writing("whole")(w)
		})
		if err == nil {
			t.Error("put cancelled: want an error")
		}
		if has, err := s.Has(t.Context(), "a/b"); has || err != nil {
			t.Errorf("after both: have %v, %v", has, err)
		}
		if err := s.Replace(t.Context(), "a/b", writing("old")); err != nil {
			t.Fatal(err)
		}
		if err := s.Replace(t.Context(), "a/b", half); !errors.Is(err, broken) {
			t.Errorf("replace: have %v", err)
		}
		if data, err := s.Get(t.Context(), "a/b", 10); string(data) != "old" || err != nil {
			t.Errorf("after it: have %q, %v", data, err)
		}
		if s.dir != "" {
			files, err := filepath.Glob(filepath.Join(s.dir, "a", "*"))
			if err != nil || len(files) != 1 {
				t.Errorf("want one file in the folder, have %v, %v", files, err)
			}
		}
	})
}

func TestList(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		for _, name := range []string{"b/2", "a/1", "b/1", "b/10", "c"} {
			if _, err := s.PutBytes(t.Context(), name, []byte(name)); err != nil {
				t.Fatal(err)
			}
		}
		var have []string
		for e, err := range s.List(t.Context(), "b/") {
			if err != nil || e.Bytes != int64(len(e.Name)) || e.Changed.IsZero() {
				t.Fatalf("have %+v, %v", e, err)
			}
			have = append(have, e.Name)
		}
		if got := strings.Join(have, " "); got != "b/1 b/10 b/2" {
			t.Errorf("want them by name, have %s", got)
		}
		for e, err := range s.List(t.Context(), "x/") {
			t.Errorf("want nothing, have %+v, %v", e, err)
		}
	})
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ url, want string }{
		{"", "have none"},
		{"file://relative/path", "an absolute path"},
		{"s3://bucket", "make cloud"},
		{"gs://bucket", "make cloud"},
		{"azblob://container", "make cloud"},
		{"http://host/store", "want file://, mem://, s3://"},
		{filepath.Join(dir, "none"), "none: file does not exist: want a folder"},
		{"file://" + filepath.ToSlash(dir) + "/none", "is it mounted here?"},
		{filepath.Join(file, "store"), "file"},
	} {
		s, err := Open(t.Context(), c.url)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: want %q, have %v", c.url, c.want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("want no folder made, have %v", err)
	}
	s, err := Open(t.Context(), "file://"+filepath.ToSlash(dir))
	if err != nil || s.String() != "file://"+filepath.ToSlash(dir) {
		t.Fatal(s, err)
	}
	s.Close()
}
