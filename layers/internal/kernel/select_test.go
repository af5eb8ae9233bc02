package kernel

import (
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	for _, want := range Supported() {
		if k, err := choose(want.Name()); err != nil || k.Name() != want.Name() {
			t.Errorf("%s: have %q, %v", want.Name(), k.Name(), err)
		}
	}
	if k, err := choose(""); err != nil || k.Name() != Supported()[0].Name() {
		t.Errorf("the default: want %q, have %q, %v", Supported()[0].Name(), k.Name(), err)
	}
	_, err := choose("sse")
	if err == nil || !strings.Contains(err.Error(), `have "sse"`) || !strings.Contains(err.Error(), Variable) {
		t.Errorf("an unknown kernel: want an error that names it and %s, have %v", Variable, err)
	}
}

func TestArithmetics(t *testing.T) {
	names := map[string]string{}
	for _, k := range Supported() {
		names[k.Name()] = k.Arithmetic()
	}
	if names["go"] == names["portable"] {
		t.Errorf("go and portable: want two arithmetics, have %q", names["go"])
	}
	for _, name := range []string{"avx2", "avx512"} {
		if a, ok := names[name]; ok && a != names["go"] {
			t.Errorf("%s: want the judge's arithmetic %q, have %q", name, names["go"], a)
		}
	}
}
