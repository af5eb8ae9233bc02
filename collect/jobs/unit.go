package jobs

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"premlp/collect"
	"premlp/collect/dataset"
)

// Unit is a range of a job's questions, with the name of its block.
type Unit struct {
	collect.Unit
	Key   string // sha256 of its canonical text, in hex
	Bytes int64  // of its block
}

// keyText is the canonical text of everything that determines a block's bytes:
// its form, the model, the tokenizer, the questions, what is stored of them and
// in which arithmetic it was computed.
func keyText(m *dataset.Manifest, u collect.Unit, questions []byte) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("premlp block %d", blockVersion)
	line("weights %s", m.Model.Digest)
	line("config %s", m.Model.ConfigDigest)
	line("tokenizer %s", m.Tokenizer.Digest)
	line("questions %d %x", u.Len(), questions)
	for _, site := range m.Sites {
		line("site %s, %d statistics", site, m.StatsPerRow[site])
	}
	line("layers %v", m.Layers)
	line("rows of %d %s", m.Dim, m.DType)
	line("arithmetic %q", m.Arithmetic)
	line("seed %d", m.Seed)
	return b.String()
}

// unitKey is the key of a range of stored questions.
func unitKey(m *dataset.Manifest, s *dataset.Stored, u collect.Unit) (string, error) {
	lines, err := s.Lines(u.First, u.End)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, lines); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(keyText(m, u, h.Sum(nil))))
	return hex.EncodeToString(sum[:]), nil
}

// rawSizes are the sizes of the raw forms of a unit's questions.
func rawSizes(raw *dataset.Raw, l *dataset.List, u collect.Unit) []int64 {
	sizes := make([]int64, 0, u.Len())
	for i := u.First; i < u.End; i++ {
		sizes = append(sizes, raw.Size(l.Rows(i)))
	}
	return sizes
}

// cut cuts a dataset into units whose raw forms have at most that many bytes, if
// they are more than one question.
func cut(m *dataset.Manifest, s *dataset.Stored, bytes int64) ([]Unit, error) {
	raw := dataset.NewRaw(m)
	var units []Unit
	for u, err := range collect.Cut(0, m.Questions, s.Question, raw, collect.Limits{Bytes: bytes}) {
		if err != nil {
			return nil, err
		}
		key, err := unitKey(m, s, u)
		if err != nil {
			return nil, err
		}
		units = append(units, Unit{Unit: u, Key: key, Bytes: blockSize(rawSizes(raw, s.List(), u))})
	}
	return units, nil
}

// writeUnits writes a job's list of units: a line for each with its key, first
// and end question and its block's size, ordered by keys. So the list and the
// store's listing of blocks can be gone through side by side.
func writeUnits(w io.Writer, units []Unit) error {
	units = slices.SortedFunc(slices.Values(units), func(a, b Unit) int { return strings.Compare(a.Key, b.Key) })
	b := bufio.NewWriter(w)
	for _, u := range units {
		fmt.Fprintf(b, "%s %d %d %d\n", u.Key, u.First, u.End, u.Bytes)
	}
	return b.Flush()
}

// readUnits yields the units of a list, in its order.
func readUnits(r io.Reader) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		s := bufio.NewScanner(r)
		before := ""
		for n := 1; s.Scan(); n++ {
			u, err := parseUnit(s.Text())
			if err == nil && u.Key <= before {
				err = fmt.Errorf("want keys in order and each once, have %s after %s", u.Key, before)
			}
			if err != nil {
				yield(u, fmt.Errorf("units: line %d: %w", n, err))
				return
			}
			if !yield(u, nil) {
				return
			}
			before = u.Key
		}
		if err := s.Err(); err != nil {
			yield(Unit{}, fmt.Errorf("units: %w", err))
		}
	}
}

// parseUnit reads a line of a list of units.
func parseUnit(line string) (Unit, error) {
	var n [3]int64
	key, rest, ok := strings.Cut(line, " ")
	for i := range n {
		var number string
		if i < 2 {
			var more bool
			number, rest, more = strings.Cut(rest, " ")
			ok = ok && more
		} else {
			number = rest
		}
		var err error
		n[i], err = strconv.ParseInt(number, 10, 64)
		ok = ok && err == nil && strconv.FormatInt(n[i], 10) == number
	}
	u := Unit{Unit: collect.Unit{First: int(n[0]), End: int(n[1])}, Key: key, Bytes: n[2]}
	if !ok || !isDigest(key) || u.First < 0 || u.End <= u.First || u.Bytes < 1 {
		return u, fmt.Errorf("want a key, two questions in order and a size, have %q", line)
	}
	return u, nil
}

// isDigest says whether s is a sha256 in hex.
func isDigest(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 2*sha256.Size
}

// inOrder sorts units by their questions and checks that they are all of count
// questions, each once.
func inOrder(units []Unit, count int) error {
	slices.SortFunc(units, func(a, b Unit) int { return a.First - b.First })
	next := 0
	for _, u := range units {
		if u.First != next {
			return fmt.Errorf("units: want one that begins with question %d, have %s", next, u.Unit)
		}
		next = u.End
	}
	if next != count {
		return fmt.Errorf("units: want those of %d questions, have %d", count, next)
	}
	return nil
}
