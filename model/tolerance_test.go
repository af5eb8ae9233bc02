package model

import (
	"strings"
	"testing"
)

func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		text, point, dtype string
		want               float64
	}{
		{"1e-4", "mlp_in.3", "F32", 1e-4},
		{"1e-4", "mlp_in.3", "BF16", 1e-4}, // a plain number is of all types
		{"0", "logits", "F16", 0},
		{"mlp_in=1e-3", "mlp_in.3", "F32", 1e-3},
		{"mlp_in=1e-3", "mlp_in.3", "BF16", 1e-3}, // a site before the type
		{"mlp_in=1e-3", "resid_pre.3", "F32", DefaultTolerance},
		{"mlp_in=1e-3", "resid_pre.3", "BF16", DefaultTolerance + 1.0/256},
		{"mlp_in=1e-3", "resid_pre.3", "F16", DefaultTolerance + 1.0/2048},
		{"mlp_in=1e-3, mlp_in.3=1e-2,1e-5", "mlp_in.3", "F32", 1e-2}, // a point before its site
		{"mlp_in=1e-3,mlp_in.3=1e-2,1e-5", "mlp_in.2", "F32", 1e-3},
		{"mlp_in=1e-3,mlp_in.3=1e-2,1e-5", "logits", "BF16", 1e-5},
		{"bf16=0.5,1e-5", "logits", "BF16", 0.5},
		{"bf16=0.5", "logits", "F16", DefaultTolerance + 1.0/2048},
	} {
		have, err := ParseTolerance(c.text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := parsePoint(c.point)
		if err != nil {
			t.Fatal(err)
		}
		if v := have.For(p, c.dtype); v != c.want {
			t.Errorf("%s: %s in %s: want %g, have %g", c.text, c.point, c.dtype, c.want, v)
		}
		again, err := ParseTolerance(have.String())
		if err != nil || again.String() != have.String() {
			t.Errorf("%s: written as %s, %v", c.text, have, err)
		}
	}
	for _, bad := range []string{"", "x", "-1", "NaN", "1,2", "mlp_in=", "mlp_in=x", "mlp_in=-1"} {
		if _, err := ParseTolerance(bad); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
	named, err := ParseTolerance("mlp_inn=1,mlp_in.3=1,logits=1,f32=1,f64=1")
	if unknown := strings.Join(named.Unknown(), " "); err != nil || unknown != "f64 mlp_inn" {
		t.Errorf("have %q, %v", unknown, err)
	}
}
