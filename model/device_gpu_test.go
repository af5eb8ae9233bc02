//go:build gpu

package model

import (
	"os"
	"strings"
	"testing"

	"premlp/layers"
)

// TestStoredWeightsOnDriver holds weights of every stored form to the processor's bits
// on the fake driver.
func TestStoredWeightsOnDriver(t *testing.T) {
	path := os.Getenv("PREMLP_TEST_LIBCUDA")
	if path == "" {
		t.Skip("PREMLP_TEST_LIBCUDA names no fake driver: make test-gpu")
	}
	if !strings.HasPrefix(layers.Arithmetic(), "fma-") {
		t.Skipf("this processor's kernel computes in %s, devices in fma-…: their bits differ", layers.Arithmetic())
	}
	t.Setenv("PREMLP_LIBCUDA", path)
	for name, m := range storedModels(t) {
		t.Run(name, func(t *testing.T) {
			d, err := layers.OpenDevice("cuda")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
			sameOnDevice(t, m, d)
		})
	}
}
