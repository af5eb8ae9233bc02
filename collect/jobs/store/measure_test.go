package store_test

import (
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"premlp/collect/jobs/store"
)

// TestMeasure prints what it costs to put blocks into a folder. It is no check,
// so it runs only when asked for.
func TestMeasure(t *testing.T) {
	if os.Getenv("PREMLP_TEST_MEASURE") == "" {
		t.Skip("set PREMLP_TEST_MEASURE=1 to measure")
	}
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const runs = 20
	for _, size := range []int{100 << 10, 1 << 20, 32 << 20} {
		block := make([]byte, size)
		start := time.Now()
		for i := range runs {
			_, err := s.Put(t.Context(), strconv.Itoa(size)+"/"+strconv.Itoa(i), func(w io.Writer) error {
				_, err := w.Write(block)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		put := time.Since(start) / runs
		start = time.Now()
		for i := range 1000 {
			if _, err := s.Has(t.Context(), strconv.Itoa(size)+"/"+strconv.Itoa(i%runs)); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("blocks of %d KiB: put %s, look for %s", size>>10, put.Round(10*time.Microsecond), (time.Since(start) / 1000).Round(time.Microsecond))
	}
}
