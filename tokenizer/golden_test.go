package tokenizer

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goldenLine is one string of a golden file; absent values equal the one named.
type goldenLine struct {
	S          string
	IDs        []int32
	Off        []int
	Boff       []int   // Off
	OffSpecial []int   `json:"off_sp"`
	Dec        *string // S
	Decs       *string // Dec
	NoDec      bool    // without values of decoding

	Prefix []int32 `json:"add_special_prefix"`
	Suffix []int32 `json:"add_special_suffix"`
}

// readGolden returns the header and the lines of a golden file.
func readGolden(t testing.TB, path string) (goldenLine, []goldenLine) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []goldenLine
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		var line goldenLine
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines[0], lines[1:]
}

func loadJSON(t testing.TB, path string) *Tokenizer {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := FromJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// checkGolden compares a tokenizer with every line of a golden file.
func checkGolden(t *testing.T, tok *Tokenizer, path string) {
	header, lines := readGolden(t, path)
	failed := 0
	for _, line := range lines {
		if !checkLine(t, tok, header, line) {
			if failed++; failed == 10 {
				t.Fatal("too many failures")
			}
		}
	}
	t.Logf("%d strings", len(lines))
}

func checkLine(t *testing.T, tok *Tokenizer, header, line goldenLine) bool {
	want := line.Boff
	if want == nil {
		want = line.Off
	}
	e, err := tok.Encode(line.S, false)
	if err != nil {
		t.Errorf("%q: %v", line.S, err)
		return false
	}
	if !slices.Equal(e.IDs, line.IDs) {
		t.Errorf("%q: ids: want %v, have %v", line.S, line.IDs, e.IDs)
		return false
	}
	if !slices.Equal(flat(e.Spans), want) {
		t.Errorf("%q: spans: want %v, have %v", line.S, want, flat(e.Spans))
		return false
	}
	full, err := tok.Encode(line.S, true)
	if err != nil {
		t.Errorf("%q: %v", line.S, err)
		return false
	}
	if ids := slices.Concat(header.Prefix, line.IDs, header.Suffix); !slices.Equal(full.IDs, ids) {
		t.Errorf("%q: ids with special tokens: want %v, have %v", line.S, ids, full.IDs)
		return false
	}
	if ids, err := tok.AppendIDs([]int32{-1}, line.S, true); err != nil || !slices.Equal(ids[1:], full.IDs) || ids[0] != -1 {
		t.Errorf("%q: ids alone: want -1 and %v, have %v (%v)", line.S, full.IDs, ids, err)
		return false
	}
	around := slices.Concat(make([]int, 2*len(header.Prefix)), want, make([]int, 2*len(header.Suffix)))
	if line.OffSpecial != nil {
		around = line.OffSpecial
	}
	if !slices.Equal(flat(full.Spans), around) {
		t.Errorf("%q: spans with special tokens: want %v, have %v", line.S, around, flat(full.Spans))
		return false
	}
	return checkDecode(t, tok, line)
}

func checkDecode(t *testing.T, tok *Tokenizer, line goldenLine) bool {
	if line.NoDec {
		return true
	}
	dec := line.S
	if line.Dec != nil {
		dec = *line.Dec
	}
	decs := dec
	if line.Decs != nil {
		decs = *line.Decs
	}
	for skip, want := range map[bool]string{false: dec, true: decs} {
		have, err := tok.Decode(line.IDs, skip)
		if err != nil || have != want {
			t.Errorf("decode(skip special %t): want %q, have %q (%v)", skip, want, have, err)
			return false
		}
	}
	return true
}

func flat(spans []Span) []int {
	var all []int
	for _, s := range spans {
		all = append(all, s.Start, s.End)
	}
	return all
}

func TestGoldenMini(t *testing.T) {
	files, err := filepath.Glob("testdata/mini/*.json")
	if err != nil || len(files) != 17 {
		t.Fatalf("want 17 tokenizers, have %d (%v)", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			checkGolden(t, loadJSON(t, file), "testdata/mini-golden/"+name+".jsonl")
		})
	}
}
