package weights

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestDigestOneFile(t *testing.T) {
	g := openSample(t)
	want := fmt.Sprintf("%x", sha256.Sum256(sampleGGUF()))
	if have, err := g.Digest(t.Context()); err != nil || have != want {
		t.Errorf("want %s, have %s %v", want, have, err)
	}
}

func TestDigestShards(t *testing.T) {
	one, two := byteTensors("a"), byteTensors("b", "c")
	digest := func(index string) string {
		s, err := OpenSafetensors(shards(t, map[string][]byte{"1.st": one, "2.st": two, indexFile: []byte(index)}))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		d, err := s.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	lines := fmt.Sprintf("1.st %d %x\n2.st %d %x\n", len(one), sha256.Sum256(one), len(two), sha256.Sum256(two))
	want := fmt.Sprintf("%x", sha256.Sum256([]byte(lines)))
	for _, index := range []string{`{"weight_map":{"a":"1.st","b":"2.st"}}`, `{"weight_map":{"b":"2.st","a":"1.st"},"x":1}`} {
		if have := digest(index); have != want {
			t.Errorf("want %s, have %s", want, have)
		}
	}
}

func TestDigestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d, err := openSample(t).Digest(ctx); !errors.Is(err, context.Canceled) || d != "" {
		t.Errorf("have %q %v", d, err)
	}
}

func TestDigestIsOfTheMappedFile(t *testing.T) {
	path := writeTemp(t, "a.gguf", sampleGGUF())
	g, err := OpenGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	other := filepath.Join(filepath.Dir(path), "other")
	mustWrite(t, other, []byte("other"))
	if err := os.Rename(other, path); err != nil {
		t.Skip("this system does not replace open files:", err)
	}
	want := fmt.Sprintf("%x", sha256.Sum256(sampleGGUF()))
	if have, err := g.Digest(t.Context()); err != nil || have != want {
		t.Errorf("want %s, have %s %v", want, have, err)
	}
}

func TestCloseTwice(t *testing.T) {
	g := openSample(t)
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Error(err)
	}
	if _, err := g.Digest(t.Context()); err != nil {
		return
	}
	t.Error("digest after Close: no error")
}
