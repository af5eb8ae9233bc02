package dataset

import "fmt"

// frame is one question's frame, ready to be written, or why there is none.
type frame struct {
	index int
	id    string
	place framePlace
	bytes []byte
	crc   uint32
	err   error
}

// encoder appends to b the frame of question i, with its header left empty.
type encoder func(b []byte, i int, q *Question) ([]byte, error)

// encodeAll encodes the frames of questions from index on, one ahead of the one
// that is taken, until one cannot be or stop is closed. Who takes a frame gives
// its memory back to w.free.
func (w *Writer) encodeAll(index int, questions []*Question, encode encoder, stop chan struct{}) <-chan frame {
	frames := make(chan frame)
	go func() {
		defer close(frames)
		for i, q := range questions {
			f := frame{index: index + i, id: q.ID, place: w.plan.frames[index+i]}
			select {
			case f.bytes = <-w.free:
			case <-stop:
				return
			}
			if f.bytes, f.err = encode(f.bytes[:0], f.index, q); f.err != nil {
				w.free <- f.bytes
			} else {
				f.crc = sealFrame(f.bytes)
			}
			select {
			case frames <- f:
			case <-stop:
				return
			}
			if f.err != nil {
				return
			}
		}
	}()
	return frames
}

// encode appends to b the frame of question index, of rows at these token
// positions, with its header left empty.
func (p *plan) encode(b []byte, index int, positions []int32, blocks map[string]Block) ([]byte, error) {
	m := p.m
	if len(blocks) != len(m.Sites) {
		return b, fmt.Errorf("sites: want %d (%v), have %d", len(m.Sites), m.Sites, len(blocks))
	}
	l, err := p.layout(index, positions, p.frames[index].offset)
	if err != nil {
		return b, err
	}
	b = append(b, make([]byte, frameHeader)...)
	n := len(positions)
	for k, place := range l.blocks {
		block, ok := blocks[place.site]
		if !ok {
			return b, fmt.Errorf("sites: want %v, have no %s", m.Sites, place.site)
		}
		values := block.Data
		if place.stats {
			values = block.Stats
		} else if len(block.Stats) > 0 && m.StatsPerRow[place.site] == 0 {
			return b, fmt.Errorf("%s: statistics: want none, have %d values", place.site, len(block.Stats))
		}
		d, width := place.dtype, place.width
		if want := len(m.Layers) * n * width; len(values) != want {
			return b, fmt.Errorf("%s: want %d values [%d layers, %d rows, %d], have %d", place.name, want, len(m.Layers), n, width, len(values))
		}
		b = append(b, l.fixed[k]...)
		var bad int
		if b, bad = appendValues(b, d, values); bad >= 0 {
			return b, fmt.Errorf("%s: layer %d: row %d: want finite values of %s, have %v at %d",
				place.name, m.Layers[bad/width/n], bad/width%n, d, values[bad], bad%width)
		}
	}
	return b, nil
}
