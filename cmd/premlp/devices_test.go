package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"premlp/collect"
	"premlp/collect/collecttest"
	"premlp/collect/dataset"
	"premlp/layers"
)

// TestCollectOnEmulatedDevices makes a dataset on the processor, on two emulated
// devices, and on both kinds side by side: the same bytes.
func TestCollectOnEmulatedDevices(t *testing.T) {
	if !strings.HasPrefix(layers.Arithmetic(), "fma-") {
		t.Skipf("this processor's kernel computes in %s, devices in fma-…: their bits differ", layers.Arithmetic())
	}
	if testing.Short() {
		t.Skip("the emulator takes long under the race detector")
	}
	l, err := collect.OpenModel(collecttest.Model(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var emulated [2]layers.Device
	for i := range emulated {
		if emulated[i], err = layers.EmulatedDevice(1 << 30); err != nil {
			t.Fatal(err)
		}
		defer emulated[i].Close()
	}
	var want map[string][]byte
	for _, devices := range [][]layers.Device{{nil}, emulated[:], {emulated[0], nil}} {
		out := filepath.Join(t.TempDir(), "out")
		p, err := collect.Prepare(t.Context(), l, collect.Job{
			Target: "France", Controls: []string{"Spain", "United Kingdom"}, Templates: collect.SeedTemplates[:2],
		}, collect.Options{
			Sites: []layers.Site{layers.MLPIn}, Layers: []int{1}, DType: dataset.F32, Dir: out, Devices: devices, BatchTokens: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := p.Run(t.Context(), nil, nil); err != nil {
			t.Fatal(err)
		}
		files := datasetFiles(t, out)
		if want == nil {
			want = files
		}
		for name, data := range want {
			if !bytes.Equal(files[name], data) {
				t.Errorf("%d devices: %s: other bytes than the processor's", len(devices), name)
			}
		}
	}
}
