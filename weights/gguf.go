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

// OpenGGUF opens a little-endian GGUF file of version 2 or 3, or, given the
// first file of a split one, all its files. The file lists dimensions innermost
// first; Shape has them the other way round. Tensors must be aligned, lie inside
// their file and not overlap. Types that cannot be decoded are listed by Names
// and Entries; asking Tensor for one gives an *Error wrapping ErrDType.
//
// The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
func OpenGGUF(path string) (*GGUF, error) {
	g := &GGUF{checkpoint: checkpoint{tensors: map[string]stored{}}}
	if err := g.open(path); err != nil {
		g.Close()
		return nil, err
	}
	g.sortNames()
	return g, nil
}

// open adds the file at path and, where it is split, the others.
func (g *GGUF) open(path string) error {
	first, err := g.mapGGUF(path)
	if err != nil {
		return err
	}
	g.meta, g.version = first.meta, first.version
	split, err := readSplit(first.meta)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if split.count > 1 {
		return g.addSplit(first, split)
	}
	return g.add(first)
}

// Meta returns the file's key-value pairs, of the first file if there are
// several. It is valid until the files are closed.
func (g *GGUF) Meta() Metadata { return g.meta }

// Version returns the version of the format, 2 or 3.
func (g *GGUF) Version() int { return g.version }

// ggufHeader is the size of what every file has: magic, version, two counts.
const ggufHeader = 4 + 4 + 8 + 8

// ggufShard is what one file says.
type ggufShard struct {
	path    string
	version int
	meta    Metadata
	tensors []stored
}

// mapGGUF maps and reads one file. Its tensors are not yet those of g.
func (g *GGUF) mapGGUF(path string) (*ggufShard, error) {
	m, err := mapFile(path, ggufHeader)
	if err != nil {
		return nil, err
	}
	g.files = append(g.files, m)
	f := &ggufShard{path: path}
	if err := f.parse(m.data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// add takes over the tensors of a file.
func (g *GGUF) add(f *ggufShard) error {
	for _, t := range f.tensors {
		if other, ok := g.tensors[t.Name]; ok {
			return fmt.Errorf("%s: tensor %s: is also in %s", f.path, quote(t.Name), other.File)
		}
		g.tensors[t.Name] = t
	}
	return nil
}

// parse reads a whole file: header, metadata, tensor descriptions, data.
func (f *ggufShard) parse(file []byte) error {
	var err error
	if f.version, err = ggufVersion(file); err != nil {
		return err
	}
	tensors, pairs := binary.LittleEndian.Uint64(file[8:]), binary.LittleEndian.Uint64(file[16:])
	c := &cursor{data: file, at: ggufHeader}
	if f.meta, err = readMetadata(c, pairs); err != nil {
		return err
	}
	align, err := alignment(f.meta)
	if err != nil {
		return err
	}
	list, err := readTensorInfos(c, tensors)
	if err != nil || len(list) == 0 {
		return err
	}
	start := uint64(c.at) + align - 1
	start -= start % align
	f.tensors, err = placeTensors(list, file[min(start, uint64(len(file))):], align, filepath.Base(f.path))
	return err
}

// ggufVersion checks how a file begins and returns its version. Big-endian files
// begin with the same letters, some say with the letters turned round.
func ggufVersion(file []byte) (int, error) {
	version := binary.LittleEndian.Uint32(file[4:])
	swapped := bits.ReverseBytes32(version)
	switch {
	case bytes.HasPrefix(file, []byte("FUGG")):
		return 0, fmt.Errorf("byte order: want little-endian, have big-endian: magic \"FUGG\"")
	case !bytes.HasPrefix(file, []byte("GGUF")):
		return 0, fmt.Errorf("magic: want \"GGUF\", have %+q", file[:4])
	case version == 2 || version == 3:
		return int(version), nil
	case swapped >= 1 && swapped <= 3:
		return 0, fmt.Errorf("byte order: want little-endian, have big-endian: version %d", swapped)
	case version == 1:
		return 0, fmt.Errorf("version: want 2 or 3, have 1, whose lengths have 32 bits: convert the model anew")
	}
	return 0, fmt.Errorf("version: want 2 or 3, have %d", version)
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
