package wheel

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

type entry struct{ name, text string }

// pack makes a wheel in memory.
func pack(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range entries {
		f, err := w.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func open(t testing.TB, data []byte) *zip.Reader {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		t.Fatal(err)
	}
	return r
}

func TestFind(t *testing.T) {
	meta := entry{"a-1.dist-info/RECORD", ""}
	for _, c := range []struct {
		name    string
		file    string
		entries []entry
		want    string // base names joined, or "" for ErrNoModel
		piece   int
	}{
		{"gguf", "", []entry{{"a/m.gguf", "GGUF"}, {"a/__init__.py", ""}, meta}, "a/m.gguf", -1},
		{"gguf by name", "n.gguf", []entry{{"a/m.gguf", "GGUF"}, {"a/n.gguf", "GGUF"}}, "a/n.gguf", -1},
		{"two ggufs", "", []entry{{"a/m.gguf", "GGUF"}, {"a/n.gguf", "GGUF"}}, "", 0},
		{"other name", "n.gguf", []entry{{"a/m.gguf", "GGUF"}}, "", 0},
		{"piece", "", []entry{{"a/data/m.gguf.part03", "xx"}, meta}, "a/data/m.gguf.part03", 3},
		{"piece by name of the whole", "m.gguf", []entry{{"a/data/m.gguf.part10", "xx"}}, "a/data/m.gguf.part10", 10},
		{"folder", "", []entry{{"a/m/config.json", "{}"}, {"a/m/model.safetensors", "x"}, {"a/__init__.py", ""}, meta}, "a/m/config.json a/m/model.safetensors", -1},
		{"two folders", "", []entry{{"a/config.json", "{}"}, {"a/x.safetensors", "x"}, {"b/config.json", "{}"}, {"b/x.safetensors", "x"}}, "", 0},
		{"nothing", "", []entry{{"a/__init__.py", ""}, meta}, "", 0},
		{"empty", "", nil, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Find(open(t, pack(t, c.entries...)), c.file)
			if c.want == "" {
				if !errors.Is(err, ErrNoModel) {
					t.Fatalf("want ErrNoModel, have %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, f := range m.Files {
				names = append(names, f.Name)
			}
			if have := strings.Join(names, " "); have != c.want || m.Piece != c.piece {
				t.Errorf("want %s piece %d, have %s piece %d", c.want, c.piece, have, m.Piece)
			}
		})
	}
}

func TestFindRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries []entry
		want    string
	}{
		{"bomb", []entry{{"m.gguf", strings.Repeat("\x00", 2<<20)}}, "times its compressed size"},
		{"drive name", []entry{{`a/c:m.gguf`, "GGUF"}}, "file name"},
		{"backslash", []entry{{`a/..\m.gguf`, "GGUF"}}, "file name"},
		{"twice", []entry{{"config.json", "{}"}, {"x.safetensors", "x"}, {"x.safetensors", "y"}}, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Find(open(t, pack(t, c.entries...)), "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, have %v", c.want, err)
			}
		})
	}
}

func TestCopyNoticesDamage(t *testing.T) {
	data := pack(t, entry{"m.gguf", "GGUF and some more text that is stored"})
	m, err := Find(open(t, data), "")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Copy(&out, m.Files[0]); err != nil || !strings.HasPrefix(out.String(), "GGUF and") {
		t.Fatalf("have %q, %v", out.String(), err)
	}
	data[45] ^= 0x10 // inside the compressed stream
	if m, err = Find(open(t, data), ""); err != nil {
		t.Fatal(err)
	}
	if err := Copy(io.Discard, m.Files[0]); err == nil {
		t.Error("damaged stream: want an error")
	}
}

// FuzzFind: no archive may crash the reader or make it copy more than stated.
func FuzzFind(f *testing.F) {
	f.Add(pack(f, entry{"a/m.gguf", "GGUF"}), "")
	f.Add(pack(f, entry{"a/m.gguf.part00", "x"}), "m.gguf")
	f.Add(pack(f, entry{"config.json", "{}"}, entry{"x.safetensors", "x"}), "")
	f.Add(pack(f, entry{"../m.gguf", "GGUF"}), "")
	f.Add([]byte("PK\x05\x06"+strings.Repeat("\x00", 18)), "")
	f.Fuzz(func(t *testing.T, data []byte, file string) {
		r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		m, err := Find(r, file)
		if err != nil {
			return
		}
		for _, f := range m.Files {
			var n count
			_ = Copy(&n, f)
			if uint64(n) > f.UncompressedSize64 {
				t.Fatalf("%q: %d bytes written, %d stated", f.Name, n, f.UncompressedSize64)
			}
		}
	})
}

type count uint64

func (c *count) Write(p []byte) (int, error) { *c += count(len(p)); return len(p), nil }
