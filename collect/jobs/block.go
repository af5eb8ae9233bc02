package jobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// blockVersion is the version of a block's form. It is part of every key.
const blockVersion = 1

var blockMagic = [8]byte{'p', 'r', 'e', 'm', 'l', 'p', 'b', blockVersion}

// ErrDamaged says that a block is not the one its name states.
var ErrDamaged = errors.New("damaged block")

// blockHead is the size of what stands before the sizes.
const blockHead = len(blockMagic) + sha256.Size + 4

// blockSize is the size of the block of questions with raw forms of these sizes.
func blockSize(sizes []int64) int64 {
	n := int64(blockHead + 8*len(sizes) + sha256.Size)
	for _, s := range sizes {
		n += s
	}
	return n
}

// WriteBlock writes a unit's block:
//
//	magic   8 bytes: "premlpb" 01, the last is the version
//	key     32 bytes
//	count   u32, the number of questions
//	sizes   u64 for each question: the length of its raw form
//	rows    the questions' raw forms, one after another: see dataset.Raw
//	digest  32 bytes: the sha256 of everything before
//
// Numbers are little-endian. Key is in hex.
func WriteBlock(w io.Writer, key string, raw [][]byte) error {
	head, err := blockStart(key, len(raw), func(i int) int64 { return int64(len(raw[i])) })
	if err != nil {
		return err
	}
	sum := sha256.New()
	both := io.MultiWriter(w, sum)
	if _, err := both.Write(head); err != nil {
		return err
	}
	for _, r := range raw {
		if _, err := both.Write(r); err != nil {
			return err
		}
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// blockStart is what stands before a block's rows.
func blockStart(key string, count int, size func(i int) int64) ([]byte, error) {
	k, err := hex.DecodeString(key)
	if err != nil || len(k) != sha256.Size {
		return nil, fmt.Errorf("block: key: want a sha256 in hex, have %q", key)
	}
	b := append(blockMagic[:], k...)
	b = binary.LittleEndian.AppendUint32(b, uint32(count))
	for i := range count {
		b = binary.LittleEndian.AppendUint64(b, uint64(size(i)))
	}
	return b, nil
}

// ReadBlock reads the block of a key whose questions have raw forms of the lengths
// that raw has, into them. A block that is cut short, has more behind it, is
// another's or has any other byte than it was written with gives ErrDamaged; raw
// may then hold anything. Errors of r itself are returned as they are.
func ReadBlock(r io.Reader, key string, raw [][]byte) error {
	want, err := blockStart(key, len(raw), func(i int) int64 { return int64(len(raw[i])) })
	if err != nil {
		return err
	}
	sum := sha256.New()
	have := make([]byte, len(want))
	if err := readPart(r, have, "head"); err != nil {
		return err
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("%w: %s", ErrDamaged, headDifference(have, want))
	}
	sum.Write(have)
	for i, part := range raw {
		if err := readPart(r, part, fmt.Sprintf("rows of question %d of %d", i+1, len(raw))); err != nil {
			return err
		}
		sum.Write(part)
	}
	digest := make([]byte, sha256.Size)
	if err := readPart(r, digest, "digest"); err != nil {
		return err
	}
	if computed := sum.Sum(nil); !bytes.Equal(digest, computed) {
		return fmt.Errorf("%w: sha256: want %x, have %x", ErrDamaged, digest, computed)
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		if n > 0 {
			return fmt.Errorf("%w: want its end, have more bytes", ErrDamaged)
		}
		return err
	}
	return nil
}

// readPart fills b.
func readPart(r io.Reader, b []byte, what string) error {
	n, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %s: want %d bytes, have %d: it was cut short", ErrDamaged, what, len(b), n)
	}
	return err
}

// headDifference says in what two heads of one length differ.
func headDifference(have, want []byte) string {
	for _, part := range []struct {
		name    string
		at, end int
	}{
		{"magic", 0, len(blockMagic)},
		{"key", len(blockMagic), blockHead - 4},
		{"number of questions", blockHead - 4, blockHead},
	} {
		if h, w := have[part.at:part.end], want[part.at:part.end]; !bytes.Equal(h, w) {
			return fmt.Sprintf("%s: want %x, have %x", part.name, w, h)
		}
	}
	return "sizes: want other ones of its questions"
}
