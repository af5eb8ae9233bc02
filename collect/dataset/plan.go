package dataset

import (
	"fmt"
)

// maxFrame is the largest payload its 4-byte length can state.
const maxFrame = 1<<32 - 1

// plan is where every question's frame lies. It follows from the manifest and
// the questions alone: nothing in the rows files is free but the activations.
type plan struct {
	m         *Manifest
	questions []Question
	frames    []framePlace // one per question
	shards    []shardPlace
}

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
func newPlan(m *Manifest, questions []Question) (*plan, error) {
	p := &plan{m: m, questions: questions, frames: make([]framePlace, len(questions))}
	offset := int64(len(startMagic))
	first := 0
	for i := range questions {
		l, err := p.layout(i, offset)
		if err != nil {
			return nil, err
		}
		if i > first && offset+l.size > m.ShardBytes {
			p.shards = append(p.shards, shardPlace{first: first, end: i, index: offset})
			offset, first = int64(len(startMagic)), i
			if l, err = p.layout(i, offset); err != nil {
				return nil, err
			}
		}
		p.frames[i] = framePlace{shard: len(p.shards), offset: offset, size: l.size}
		offset += l.size
	}
	p.shards = append(p.shards, shardPlace{first: first, end: len(questions), index: offset})
	return p, nil
}

// positions is the number of token positions of all questions.
func positions(questions []Question) int64 {
	n := int64(0)
	for i := range questions {
		n += int64(len(questions[i].Rows))
	}
	return n
}

// shardName is the file name of a rows file.
func shardName(i int) string { return fmt.Sprintf("rows-%05d.msgpack", i) }

// Estimate is the size in bytes of the rows files that a manifest and its
// questions will make, and the number of those files.
func Estimate(m Manifest, questions []Question) (bytes int64, files int, err error) {
	prepared, err := prepare(m, questions)
	if err != nil {
		return 0, 0, err
	}
	p := prepared.plan
	for i, s := range p.shards {
		tail, err := p.encodeTail(i, prepared.digests, make([]uint32, s.end-s.first))
		if err != nil {
			return 0, 0, err
		}
		bytes += s.index + int64(len(tail))
	}
	return bytes, len(p.shards), nil
}
