package catalogue

import (
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	names := []string{"smollm2-135m", "gemma3-270m"}
	for name, want := range map[string]string{
		"gema": "gemma3-270m", "gemma": "gemma3-270m", "270M": "gemma3-270m", "SmolLM2": "smollm2-135m",
		"smolm2-135": "smollm2-135m", "zzz": "smollm2-135m gemma3-270m", "": "smollm2-135m gemma3-270m",
	} {
		if have := strings.Join(Near(name, names), " "); have != want {
			t.Errorf("%s: want %s, have %s", name, want, have)
		}
	}
	if d := distance("kitten", "sitting"); d != 3 {
		t.Errorf("distance: want 3, have %d", d)
	}
}
