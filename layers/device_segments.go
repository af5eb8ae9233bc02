package layers

import "premlp/layers/internal/kernel"

// flatSegments lists where each segment's ranges of keys begin, and the ranges,
// [first row, rows] each.
func flatSegments(segments []kernel.Segment) (starts, ranges []int32) {
	starts = []int32{0}
	for _, s := range segments {
		for _, r := range s.Ranges {
			ranges = append(ranges, int32(r[0]), int32(r[1]-r[0]))
		}
		starts = append(starts, int32(len(ranges)/2))
	}
	return starts, ranges
}

// tilesOf cuts segments into tiles of at most so many rows for the attention kernels:
// [first row, rows, segment] each.
func tilesOf(segments []kernel.Segment, rows int) []int32 {
	var tiles []int32
	for i, s := range segments {
		for from := s.From; from < s.To; from += rows {
			tiles = append(tiles, int32(from), int32(min(rows, s.To-from)), int32(i))
		}
	}
	return tiles
}

// cacheRows lists the row of the cache that each token's key is put into: the last
// of its segment's ranges. It is empty without a cache.
func cacheRows(b *Batch) []int32 {
	if b.Keys == nil {
		return nil
	}
	rows := make([]int32, 0, b.Tokens())
	for _, s := range b.segments {
		var all []int32
		for _, r := range s.Ranges {
			for row := r[0]; row < r[1]; row++ {
				all = append(all, int32(row))
			}
		}
		rows = append(rows, all[len(all)-(s.To-s.From):]...)
	}
	return rows
}
