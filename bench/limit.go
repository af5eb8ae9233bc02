package bench

import (
	"context"

	"premlp/layers"
)

// peakRounds is how many rounds of multiply-adds a thread runs for one
// measurement of the peak: some milliseconds, as long as a product takes.
const peakRounds = 1 << 20

// limits measures what the machine can do at most.
type limits struct {
	meter *layers.Meter
	data  []float32 // what reads go through
	flop  int64     // of one measurement of the peak
}

// newLimits returns the limits of that many threads. Reads go through bytes of
// memory, 0 if none are to be measured.
func newLimits(threads int, bytes int64) (*limits, error) {
	m, err := layers.NewMeter(threads)
	if err != nil {
		return nil, err
	}
	l := &limits{meter: m, data: make([]float32, bytes/4)}
	for i := range l.data { // memory that was never written may share one page of zeros
		l.data[i] = float32(i)
	}
	return l, nil
}

func (l *limits) close() { l.meter.Close() }

// peak is the Task of multiply-adds.
func (l *limits) peak(context.Context) error {
	l.flop = l.meter.MultiplyAdds(peakRounds)
	return nil
}

// read is the Task of reading memory.
func (l *limits) read(context.Context) error {
	l.meter.Read(l.data)
	return nil
}

// peakOf returns GFLOP/s from the times of peak; zero where it is unmeasured.
func (l *limits) peakOf(t Times) Figure { return t.per(float64(l.flop) / 1e9) }

// readOf returns GB/s from the times of read.
func (l *limits) readOf(t Times) Figure { return t.per(float64(len(l.data)) * 4 / 1e9) }
