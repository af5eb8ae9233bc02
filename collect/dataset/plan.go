package dataset

import (
	"fmt"
	"slices"
)

// maxFrame is the largest payload its 4-byte length can state.
const maxFrame = 1<<32 - 1

// plan is where every question's frame lies. It follows from the manifest and
// the questions alone: nothing in the rows files is free but the activations.
type plan struct {
	m      *Manifest
	list   *List
	frames []framePlace // one per question
	shards []shardPlace
	blocks []blockKind // of every frame
	at     []int64     // per question and block: the offset of its values
}

// blockKind is one kind of values in every frame: a site's rows, or the
// statistics of its norm.
type blockKind struct {
	name  string // the key: the site, or the site + ".scale"
	site  string
	stats bool
	dtype DType
	width int // values a row
}

// size is the bytes of n values a row at one layer.
func (b *blockKind) size(n int) int64 { return int64(n) * int64(b.width*b.dtype.Size()) }

// framePlace is a frame's place: its rows file, the offset of its 8-byte
// header there, and its size with the header.
type framePlace struct {
	shard        int
	offset, size int64
}

// shardPlace is the questions [first, end) of one rows file and the offset of
// the index behind them.
type shardPlace struct {
	first, end int
	index      int64
}

// newPlan lays out the rows files. A question goes into the next file when it
// would end past the manifest's ShardBytes and is not the first of its file.
func newPlan(m *Manifest, list *List) (*plan, error) {
	p := &plan{m: m, list: list, frames: make([]framePlace, list.Len()), blocks: blockKinds(m)}
	p.at = make([]int64, 0, list.Len()*len(p.blocks))
	offset := int64(len(startMagic))
	first := 0
	positions := make([]int32, slices.Max(list.rows)) // a place depends on their number only
	for i, n := range list.rows {
		l, err := p.layout(i, positions[:n], offset)
		if err != nil {
			return nil, err
		}
		if i > first && offset+l.size > m.ShardBytes {
			p.shards = append(p.shards, shardPlace{first: first, end: i, index: offset})
			offset, first = int64(len(startMagic)), i
			if l, err = p.layout(i, positions[:n], offset); err != nil {
				return nil, err
			}
		}
		for _, b := range l.blocks {
			p.at = append(p.at, b.offset)
		}
		p.frames[i] = framePlace{shard: len(p.shards), offset: offset, size: l.size}
		offset += l.size
	}
	p.shards = append(p.shards, shardPlace{first: first, end: list.Len(), index: offset})
	return p, nil
}

// offsets are the offsets of question i's values, one per kind of block.
func (p *plan) offsets(i int) []int64 {
	n := len(p.blocks)
	return p.at[i*n : (i+1)*n]
}

// shardName is the file name of a rows file.
func shardName(i int) string { return fmt.Sprintf("rows-%05d.msgpack", i) }

// Estimate is the size in bytes of the rows files that a manifest and its
// questions will make, and the number of those files.
func Estimate(m Manifest, questions *List) (bytes int64, files int, err error) {
	prepared, err := prepare(m, questions)
	if err != nil {
		return 0, 0, err
	}
	p := prepared.plan
	for i, s := range p.shards {
		bytes += s.index + int64(len(p.encodeTail(i, prepared.digests, make([]uint32, s.end-s.first))))
	}
	return bytes, len(p.shards), nil
}
