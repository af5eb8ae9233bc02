package layers

import (
	"slices"
	"strings"
	"testing"
)

func TestParseDevices(t *testing.T) {
	for _, c := range []struct {
		list string
		want []string
		err  string
	}{
		{"cpu", []string{"cpu"}, ""},
		{"auto", []string{"auto"}, ""},
		{"cuda:0,cuda:1", []string{"cuda:0", "cuda:1"}, ""},
		{"cpu,cuda:3", []string{"cpu", "cuda:3"}, ""},
		{"cuda:all", []string{"cuda:all"}, ""},
		{"cuda:all,cpu", nil, `have "cuda:all"`},
		{"cuda,cuda:0", nil, "each device once"},
		{"cpu,cpu", nil, "each device once"},
		{"cuda:1,auto", nil, "no auto"},
		{"cuda:1,", nil, `have ""`},
		{"", nil, "several between commas"},
		{"tpu", nil, `several between commas, have "tpu"`},
	} {
		have, err := ParseDevices(c.list)
		if !slices.Equal(have, c.want) || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: want %v and %q, have %v, %v", c.list, c.want, c.err, have, err)
		}
	}
}
