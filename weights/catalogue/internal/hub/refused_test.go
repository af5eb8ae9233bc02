package hub

import (
	"errors"
	"strings"
	"testing"
)

func TestPullRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(h *fakeHub, c *Config, r *Ref)
		kind  error
		want  string
	}{
		{"gated", func(h *fakeHub, c *Config, _ *Ref) { h.token, h.gated = "t", true }, ErrGated, "accept its terms at"},
		{"no token", func(h *fakeHub, c *Config, _ *Ref) { h.token = "t" }, ErrForbidden, "HF_TOKEN is not set"},
		{"wrong token", func(h *fakeHub, c *Config, _ *Ref) { h.token, c.Token = "t", "u" }, ErrForbidden, "HTTP status: want 200, have 401"},
		{"no model", func(_ *fakeHub, _ *Config, r *Ref) { r.ID = "org/nosuch" }, ErrNotFound, "org/nosuch"},
		{"no revision", func(_ *fakeHub, _ *Config, r *Ref) { r.Revision = "nosuch" }, ErrNotFound, `no revision "nosuch"`},
		{"no weights", func(h *fakeHub, _ *Config, _ *Ref) { delete(h.files, "model.safetensors") }, ErrNoModel, "have "},
		{"hostile index", func(h *fakeHub, _ *Config, _ *Ref) {
			h.files[indexName] = `{"weight_map":{"a":"../../x.safetensors"}}`
		}, nil, "want names of .safetensors files beside it"},
		{"index of a file that is not there", func(h *fakeHub, _ *Config, _ *Ref) {
			h.files[indexName] = `{"weight_map":{"a":"x.safetensors"}}`
		}, ErrNotFound, "x.safetensors"},
		{"empty index", func(h *fakeHub, _ *Config, _ *Ref) { h.files[indexName] = `{}` }, nil, "want tensors"},
		{"server down", func(h *fakeHub, _ *Config, _ *Ref) { h.Close() }, nil, "refused"},
		{"always busy", func(h *fakeHub, _ *Config, _ *Ref) { h.busy = 1000 }, nil, "503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newFakeHub(t, modelFiles())
			config, ref := h.config(t), mainRef
			c.spoil(h, &config, &ref)
			_, err := Pull(t.Context(), config, ref, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || (c.kind != nil && !errors.Is(err, c.kind)) {
				t.Errorf("want %v, %q, have %v", c.kind, c.want, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("a signed address in the error: %v", err)
			}
		})
	}
}

func TestPullBusyThenFine(t *testing.T) {
	h := newFakeHub(t, modelFiles())
	h.busy = 3
	if _, err := Pull(t.Context(), h.config(t), mainRef, nil); err != nil {
		t.Error(err)
	}
}
