package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// What the tests reach behind the API for.
var (
	BF16Bits, FromBF16 = bf16, fromBF16
	F16Bits, FromF16   = f16, fromF16
	SealFrame          = sealFrame
	DecodeManifest     = decodeManifest
)

// CreateOn and ResumeOn write on another disk.
func CreateOn(d disk, dir string, m Manifest, q *List) (*Writer, error) { return create(dir, m, q, d) }

func ResumeOn(d disk, dir string, m Manifest, q *List) (*Writer, int, error) {
	return resume(dir, m, q, d)
}

// Frames gives the place of every frame: its file's name, offset and size.
func (r *Reader) Frames() (names []string, offsets, sizes []int64) {
	for _, f := range r.plan.frames {
		names, offsets, sizes = append(names, shardName(f.shard)), append(offsets, f.offset), append(sizes, f.size)
	}
	return names, offsets, sizes
}

// Blocks gives the file offsets of question i's blocks.
func (r *Reader) Blocks(i int) []int64 { return r.plan.offsets(i) }

// Reseal gives the files' checksums, digests and indexes again after their
// content was changed on purpose, as a hostile writer would.
func Reseal(manifest, questions []byte, shards [][]byte) error {
	p, err := resealed(manifest, questions)
	if err != nil {
		return err
	}
	for k, s := range p.plan.shards {
		if k >= len(shards) {
			return nil
		}
		var crcs []uint32
		for i := s.first; i < s.end; i++ {
			f := p.plan.frames[i]
			if f.offset+f.size > int64(len(shards[k])) {
				return nil
			}
			crcs = append(crcs, sealFrame(shards[k][f.offset:f.offset+f.size]))
		}
		copy(shards[k][s.index:], p.plan.encodeTail(k, p.digests, crcs))
	}
	return nil
}

func resealed(manifest, questions []byte) (*prepared, error) {
	m, err := decodeManifest(manifest)
	if err != nil {
		return nil, err
	}
	q, err := scanQuestions(bytes.NewReader(questions))
	if err != nil {
		return nil, err
	}
	p, err := newPlan(m, q)
	if err != nil {
		return nil, err
	}
	hash := func(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }
	return &prepared{plan: p, digests: digests{hash(manifest), hash(questions)}}, nil
}
