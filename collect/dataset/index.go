package dataset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/vmihailenco/msgpack/v5"
)

const trailerSize = 8 + 8 + 4 + len(endMagic)

// digests are the sha256 in hex of the two files an index vouches for.
type digests struct{ manifest, questions string }

// encodeTail is what stands behind the frames of a rows file: the index, as a
// frame of its own, and the trailer. crcs are those of the file's frames.
//
// The index is a msgpack map: "index" the number of this file, "files" how many
// there are, "manifest" and "questions" digests, "frames" one map per question
// (q, i, n, offset and size of the frame, "at" key → offset of its values), and
// "crc" a bin of the frames' crc32c, little-endian. The trailer is the offset
// and size of the index, the crc32c of these 16 bytes, and a magic.
func (p *plan) encodeTail(shard int, d digests, crcs []uint32) []byte {
	s := p.shards[shard]
	var b bytes.Buffer // never fails
	b.Write(make([]byte, frameHeader))
	e := msgpack.NewEncoder(&b)
	_ = e.EncodeMapLen(6)
	_ = e.EncodeString("index")
	_ = e.EncodeInt(int64(shard))
	_ = e.EncodeString("files")
	_ = e.EncodeInt(int64(len(p.shards)))
	_ = e.EncodeString("manifest")
	_ = e.EncodeString(d.manifest)
	_ = e.EncodeString("questions")
	_ = e.EncodeString(d.questions)
	_ = e.EncodeString("frames")
	_ = e.EncodeArrayLen(s.end - s.first)
	for i := s.first; i < s.end; i++ {
		p.encodeEntry(e, i)
	}
	_ = e.EncodeString("crc")
	sums := make([]byte, 0, 4*len(crcs))
	for _, c := range crcs {
		sums = binary.LittleEndian.AppendUint32(sums, c)
	}
	_ = e.EncodeBytes(sums)
	tail := b.Bytes()
	sealFrame(tail)
	size := uint64(len(tail))
	from := len(tail)
	tail = binary.LittleEndian.AppendUint64(tail, uint64(s.index))
	tail = binary.LittleEndian.AppendUint64(tail, size)
	tail = binary.LittleEndian.AppendUint32(tail, crc32.Checksum(tail[from:], castagnoli))
	return append(tail, endMagic...)
}

// encodeEntry writes question i's map of the index.
func (p *plan) encodeEntry(e *msgpack.Encoder, i int) {
	f := p.frames[i]
	_ = e.EncodeMapLen(6)
	_ = e.EncodeString("q")
	_ = e.EncodeString(p.list.ids[i])
	_ = e.EncodeString("i")
	_ = e.EncodeInt(int64(i))
	_ = e.EncodeString("n")
	_ = e.EncodeInt(int64(p.list.rows[i]))
	_ = e.EncodeString("offset")
	_ = e.EncodeInt(f.offset)
	_ = e.EncodeString("size")
	_ = e.EncodeInt(f.size)
	_ = e.EncodeString("at")
	_ = e.EncodeMapLen(len(p.blocks))
	for k, offset := range p.offsets(i) {
		_ = e.EncodeString(p.blocks[k].name)
		_ = e.EncodeInt(offset)
	}
}

// tailCRCs takes the frames' crcs out of a tail as stored: the 4·n bytes before
// the trailer. The rest of the tail is checked by encoding it again.
func tailCRCs(tail []byte, n int) ([]uint32, bool) {
	end := len(tail) - trailerSize
	if end < 4*n {
		return nil, false
	}
	crcs := make([]uint32, n)
	for k := range crcs {
		crcs[k] = binary.LittleEndian.Uint32(tail[end-4*(n-k):])
	}
	return crcs, true
}
