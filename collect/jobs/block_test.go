package jobs

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
)

var (
	testKey   = strings.Repeat("ab", 32)
	testSizes = []int64{5, 0, 12}
)

// testRaw makes raw forms of sizes.
func testRaw(sizes []int64, fill byte) [][]byte {
	var raw [][]byte
	for i, n := range sizes {
		raw = append(raw, bytes.Repeat([]byte{fill + byte(i)}, int(n)))
	}
	return raw
}

// testBlock is the block of testKey and testSizes.
func testBlock(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteBlock(&b, testKey, testRaw(testSizes, 7)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBlock(t *testing.T) {
	block := testBlock(t)
	if n := blockSize(testSizes); int64(len(block)) != n {
		t.Errorf("want %d bytes, have %d", n, len(block))
	}
	if have := hex.EncodeToString(block[:40]); have != "7072656d6c706201"+testKey {
		t.Errorf("head: have %s", have)
	}
	raw := testRaw(testSizes, 0)
	if err := ReadBlock(bytes.NewReader(block), testKey, raw); err != nil {
		t.Fatal(err)
	}
	for i, want := range testRaw(testSizes, 7) {
		if !bytes.Equal(raw[i], want) {
			t.Errorf("question %d: want %x, have %x", i, want, raw[i])
		}
	}
	if err := WriteBlock(io.Discard, "xyz", nil); err == nil {
		t.Error("want a key refused that is no sha256")
	}
}

// Every change of a block is found and named.
func TestBlockDamaged(t *testing.T) {
	block := testBlock(t)
	read := func(b []byte, key string, sizes []int64) error {
		return ReadBlock(bytes.NewReader(b), key, testRaw(sizes, 0))
	}
	for at := range block {
		for _, bit := range []byte{1, 128} {
			b := bytes.Clone(block)
			b[at] ^= bit
			if err := read(b, testKey, testSizes); !errors.Is(err, ErrDamaged) {
				t.Fatalf("bit of byte %d: have %v", at, err)
			}
		}
	}
	for n := range len(block) {
		if err := read(block[:n], testKey, testSizes); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "cut short") {
			t.Fatalf("cut to %d bytes: have %v", n, err)
		}
	}
	for _, c := range []struct {
		name  string
		block []byte
		key   string
		sizes []int64
		want  string
	}{
		{"more behind it", append(bytes.Clone(block), 0), testKey, testSizes, "have more bytes"},
		{"another key", block, strings.Repeat("cd", 32), testSizes, "key: want cdcd"},
		{"another number", block, testKey, []int64{5, 0}, "number of questions: want 02000000, have 03000000"},
		{"other sizes", block, testKey, []int64{5, 1, 11}, "sizes: want other ones"},
		{"another version", append([]byte("premlpb\x02"), block[8:]...), testKey, testSizes, "magic: want 7072656d6c706201, have 7072656d6c706202"},
	} {
		if err := read(c.block, c.key, c.sizes); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", c.name, c.want, err)
		}
	}
	broken := errors.New("broken")
	err := ReadBlock(io.MultiReader(bytes.NewReader(block[:60]), failing{broken}), testKey, testRaw(testSizes, 0))
	if !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
		t.Errorf("an error of the reader: have %v", err)
	}
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzReadBlock: whatever a block holds, reading it does not panic, takes no more
// memory than the questions' rows, and what is taken for whole has the digest of
// its bytes.
func FuzzReadBlock(f *testing.F) {
	block := testBlock(f)
	f.Add(block)
	f.Add(block[:50])
	f.Add(append(bytes.Clone(block), block...))
	huge := bytes.Clone(block)
	binary.LittleEndian.PutUint64(huge[blockHead:], 1<<63)
	f.Add(huge)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		raw := testRaw(testSizes, 0)
		err := ReadBlock(bytes.NewReader(data), testKey, raw)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("want ErrDamaged, have %v", err)
			}
			return
		}
		var again bytes.Buffer
		if err := WriteBlock(&again, testKey, raw); err != nil || !bytes.Equal(again.Bytes(), data) {
			t.Errorf("a block that is not the one of its rows was taken: %v", err)
		}
	})
}
