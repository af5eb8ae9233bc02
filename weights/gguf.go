package weights

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"path/filepath"
)

// GGUF is an open checkpoint in the GGUF format. It is a Source.
type GGUF struct {
	checkpoint
	meta    Metadata
	version int
}

// OpenGGUF opens a little-endian GGUF file of version 2 or 3 that is not split.
// The file lists dimensions innermost first; Shape has them the other way
// round. Tensors must be aligned, lie inside the file and not overlap. Types
// that cannot be decoded are listed by Names and Entries; asking Tensor for one
// gives an *Error wrapping ErrDType.
//
// The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
func OpenGGUF(path string) (*GGUF, error) {
	f, err := mapFile(path, ggufHeader)
	if err != nil {
		return nil, err
	}
	g := &GGUF{checkpoint: checkpoint{files: []*mapped{f}, tensors: map[string]stored{}}}
	if err := g.parse(f.data, filepath.Base(path)); err != nil {
		g.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	g.sortNames()
	return g, nil
}

// Meta returns the file's key-value pairs, valid until the file is closed.
func (g *GGUF) Meta() Metadata { return g.meta }

// Version returns the version of the format, 2 or 3.
func (g *GGUF) Version() int { return g.version }

// ggufHeader is the size of what every file has: magic, version, two counts.
const ggufHeader = 4 + 4 + 8 + 8

// parse reads a whole file: header, metadata, tensor descriptions, data.
func (g *GGUF) parse(file []byte, base string) error {
	if !bytes.HasPrefix(file, []byte("GGUF")) {
		return fmt.Errorf("magic: want \"GGUF\", have %+q", file[:4])
	}
	version := binary.LittleEndian.Uint32(file[4:])
	switch swapped := bits.ReverseBytes32(version); {
	case version == 2 || version == 3:
	case swapped == 2 || swapped == 3:
		return fmt.Errorf("byte order: want little-endian, have big-endian (version %d)", swapped)
	default:
		return fmt.Errorf("version: want 2 or 3, have %d", version)
	}
	g.version = int(version)
	tensors, pairs := binary.LittleEndian.Uint64(file[8:]), binary.LittleEndian.Uint64(file[16:])
	c := &cursor{data: file, at: ggufHeader}
	var err error
	if g.meta, err = readMetadata(c, pairs); err != nil {
		return err
	}
	if parts, _ := g.meta.Int("split.count"); parts > 1 {
		part, _ := g.meta.Int("split.no")
		return fmt.Errorf("split.count: want one file, have part %d of %d: merge the parts first (llama-gguf-split --merge)", part+1, parts)
	}
	align, err := alignment(g.meta)
	if err != nil {
		return err
	}
	list, err := readTensorInfos(c, tensors)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	start := uint64(c.at) + align - 1
	start -= start % align
	data := file[min(start, uint64(len(file))):]
	return g.place(list, data, align, base)
}

// alignment returns general.alignment, 32 if there is none.
func alignment(m Metadata) (uint64, error) {
	const key = "general.alignment"
	kind, ok := m.Type(key)
	if !ok {
		return 32, nil
	}
	n, ok := m.Int(key)
	if !ok || kind != "uint32" {
		return 0, fmt.Errorf("%s: want uint32, have %s", key, kind)
	}
	if n == 0 || n&(n-1) != 0 {
		return 0, fmt.Errorf("%s: want a power of two, have %d", key, n)
	}
	return uint64(n), nil
}
