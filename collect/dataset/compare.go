package dataset

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
)

// compareManifest names the first key in which the stored manifest differs.
func (w *Writer) compareManifest(stored []byte) error {
	if bytes.Equal(stored, w.manifest) {
		return nil
	}
	var want, have map[string]any
	if err := unmarshalExact(stored, &want); err != nil {
		return fmt.Errorf("dataset: %s: manifest.json: %w: %w", w.partial, ErrCorrupt, err)
	}
	if err := unmarshalExact(w.manifest, &have); err != nil {
		return fmt.Errorf("dataset: manifest: %w", err)
	}
	// These follow from the questions, whose difference says more.
	for _, m := range []map[string]any{want, have} {
		delete(m, "questions")
		delete(m, "rows")
		delete(m, "questions_digest")
	}
	if d := firstDifference("", want, have); d != "" {
		return fmt.Errorf("dataset: %s: manifest: %w: %s", w.partial, ErrMismatch, d)
	}
	return nil
}

// compareQuestions names the first line and key in which the stored questions differ.
func (w *Writer) compareQuestions() error {
	path := filepath.Join(w.partial, "questions.jsonl")
	digest, err := fileDigest(context.Background(), path)
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	if digest == w.digests.questions {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	defer f.Close()
	b := bufio.NewReader(f)
	n := w.plan.list.Len()
	var e lineEncoder
	i := 0
	for q, err := range w.plan.list.source {
		if err != nil {
			return err
		}
		have, err := e.encode(q)
		if err != nil {
			return fmt.Errorf("dataset: %w", err)
		}
		want, err := readLine(b)
		if err == io.EOF && len(want) == 0 {
			return fmt.Errorf("dataset: %s: questions: %w: want %d, have %d", w.partial, ErrMismatch, i, n)
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("dataset: questions.jsonl: %w", err)
		}
		i++
		if !bytes.Equal(have, want) {
			return fmt.Errorf("dataset: %s: questions: line %d: %w: %s", w.partial, i, ErrMismatch, lineDifference(want, have))
		}
	}
	return fmt.Errorf("dataset: %s: questions: %w: want more, have %d", w.partial, ErrMismatch, n)
}

// unmarshalExact reads JSON with its numbers as written: a seed may be past 2^53.
func unmarshalExact(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

// lineDifference names the first key in which two lines of JSON differ.
func lineDifference(want, have []byte) string {
	var w, h map[string]any
	if err := unmarshalExact(want, &w); err != nil {
		return fmt.Sprintf("stored line: %v", err)
	}
	if err := unmarshalExact(have, &h); err != nil {
		return fmt.Sprintf("new line: %v", err)
	}
	if d := firstDifference("", w, h); d != "" {
		return d
	}
	return "the same values in other bytes"
}

// firstDifference gives "key: want X, have Y" for the first key, in alphabetical
// order, in which two JSON values differ, "" if they are equal.
func firstDifference(path string, want, have any) string {
	for f := range differences(path, want, have) {
		return fmt.Sprintf("%s: want %s, have %s", f.Key, f.A, f.B)
	}
	return ""
}

// differences yields the keys, in alphabetical order, in which two JSON values
// differ. Lists of other lengths come last, after the entries that both have.
func differences(path string, a, b any) iter.Seq[Field] {
	return func(yield func(Field) bool) { walkDifferences(path, a, b, yield) }
}

// walkDifferences is differences; false once yield has ended it.
func walkDifferences(path string, a, b any, yield func(Field) bool) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		all := maps.Clone(x)
		maps.Copy(all, y)
		for _, k := range slices.Sorted(maps.Keys(all)) {
			if !walkDifferences(join(path, k), x[k], y[k], yield) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok {
			break
		}
		for i := range min(len(x), len(y)) {
			if !walkDifferences(fmt.Sprintf("%s[%d]", path, i), x[i], y[i], yield) {
				return false
			}
		}
		if len(x) != len(y) {
			return yield(Field{path, fmt.Sprintf("%d entries", len(x)), fmt.Sprint(len(y))})
		}
		return true
	}
	return reflect.DeepEqual(a, b) || yield(Field{path, short(a), short(b)})
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// short shows a value on one line of bearable length.
func short(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const limit = 200
	if len(b) > limit {
		return string(b[:limit]) + "…"
	}
	return string(b)
}
