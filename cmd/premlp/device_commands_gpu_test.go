//go:build gpu

package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestDeviceCommands holds that commands which run a model print the same on a device
// as on the processor, but for what names it and for times.
func TestDeviceCommands(t *testing.T) {
	onFakeDriver(t)
	m, data, facts := steerSetup(t)
	t.Setenv("PREMLP_CACHE", t.TempDir())
	step := func(script string) []string {
		return []string{"step", "--model", "tiny-countries", "--prompt", stepPrompt, "--script", "testdata/step/" + script + ".txt"}
	}
	for name, args := range map[string][]string{
		"generate":         {"generate", "--model", m, "--prompt", "The capital of France is", "--max-tokens", "12"},
		"generate samples": {"generate", "--model", m, "--prompt", "The capital", "--max-tokens", "9", "--temperature", "1.5", "--samples", "3", "--seed", "5"},
		"generate steered": {"generate", "--model", m, "--prompt", "The capital of France is", "--max-tokens", "9", "--steer", data, "--layer", "0-1", "--alpha", "3"},
		"steer":            {"steer", "--model", m, "--facts", facts, "--answer", "word", "--from", data, "--edits", "add,ablate-mean,swap", "--layers", "1-2"},
		"step, a patch":    step("patch"),
		"step, stops":      step("stops"),
		"step, values":     step("values"),
		"readout":          {"readout", data, "--model", m, "--random", "2"},
		"related":          {"related", "--model", "tiny-countries", "--concept", "France", "--related", "3", "--lists", "2"},
		"reproduce":        {"reproduce", data, "--model", m},
	} {
		t.Run(name, func(t *testing.T) {
			var results [2]any
			for i, device := range []string{"cpu", "cuda"} {
				status, stdout, stderr := premlp(t, append(args, "--json", "--quiet", "--device", device)...)
				if status != exitDone {
					t.Fatalf("%s: status %d: %s", device, status, stderr)
				}
				if err := json.Unmarshal([]byte(stdout), &results[i]); err != nil {
					t.Fatal(err)
				}
				forget(results[i], "kernel", "seconds", "speed", "b") // b: reproduce's folder, which is removed
			}
			if !reflect.DeepEqual(results[0], results[1]) {
				t.Errorf("want of the device what the processor computes:\n%v\nhave\n%v", results[0], results[1])
			}
			t.Setenv("PREMLP_FAKECUDA_MEMORY", "1000")
			if status, _, stderr := premlp(t, append(args, "--quiet", "--device", "cuda")...); status != exitFailed || !strings.Contains(stderr, "device memory: want ") {
				t.Errorf("a device too small: status %d: %s", status, stderr)
			}
		})
	}
}

// forget removes keys from the objects of a JSON document.
func forget(v any, keys ...string) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range keys {
			delete(v, k)
		}
		for _, inner := range v {
			forget(inner, keys...)
		}
	case []any:
		for _, inner := range v {
			forget(inner, keys...)
		}
	}
}
