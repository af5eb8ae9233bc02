package dataset_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// What goes in comes out: exactly for f32, rounded for the others, every block
// aligned, in one rows file or several.
func TestRoundTrip(t *testing.T) {
	round := map[dataset.DType]func(float32) float32{
		dataset.F32:  func(x float32) float32 { return x },
		dataset.BF16: func(x float32) float32 { return dataset.FromBF16(dataset.BF16Bits(x)) },
		dataset.F16:  func(x float32) float32 { return dataset.FromF16(dataset.F16Bits(x)) },
	}
	for dtype, rounded := range round {
		for _, shard := range []int64{0, 6000, 1} {
			t.Run(fmt.Sprintf("%s/%d", dtype, shard), func(t *testing.T) {
				m, q := datasettest.Manifest(), datasettest.Questions(9)
				m.DType, m.ShardBytes = dtype, shard
				r := open(t, datasettest.Write(t, m, q))
				if err := r.Verify(context.Background(), nil); err != nil {
					t.Fatal(err)
				}
				for i := range r.Len() {
					checkQuestion(t, r, m, &q[i], i, rounded)
				}
				if run, err := r.Run(); err != nil || run.Version != "test" {
					t.Fatal(run, err)
				}
			})
		}
	}
}

func checkQuestion(t *testing.T, r *dataset.Reader, m dataset.Manifest, q *dataset.Question, i int, rounded func(float32) float32) {
	t.Helper()
	for _, at := range r.Blocks(i) {
		if at%64 != 0 {
			t.Fatalf("question %d: a block at %d", i, at)
		}
	}
	blocks := datasettest.Blocks(m, q, i)
	var buf []float32
	for _, site := range m.Sites {
		data, stats := blocks[site].Data, blocks[site].Stats
		for k, layer := range m.Layers {
			n := len(q.Rows) * m.Dim
			want := slices.Clone(data[k*n : (k+1)*n])
			for j := range want {
				want[j] = rounded(want[j])
			}
			have, err := r.Rows(i, site, layer, buf)
			if err != nil || !slices.Equal(want, have) {
				t.Fatalf("question %d, %s, layer %d: want %v, have %v, %v", i, site, layer, want, have, err)
			}
			buf = have
			raw, err := r.Raw(i, site, layer)
			if err != nil || !bytes.Equal(raw, m.DType.Append(nil, data[k*n:(k+1)*n])) {
				t.Fatalf("question %d, %s, layer %d: raw: other bytes, %v", i, site, layer, err)
			}
			s := len(q.Rows) * m.StatsPerRow[site]
			have, err = r.Stats(i, site, layer, nil)
			if err != nil || !slices.Equal(stats[k*s:(k+1)*s], have) {
				t.Fatalf("question %d, %s, layer %d: stats: have %v, %v", i, site, layer, have, err)
			}
		}
	}
}

// The bytes are a promise: the same input gives these, on every machine and in
// every version of the format 1.
func TestDigest(t *testing.T) {
	for _, c := range []struct {
		m    dataset.Manifest
		want string
	}{
		{datasettest.Manifest(), "96263a9928bc68731497fc055c64660e4374cc117c4d199275aa87676aaf794b"},
		{sharded(), "8a98f766659d4dc71888097501ac897e8648ff9843a32d429b60097a9a358077"},
	} {
		dir := datasettest.Write(t, c.m, datasettest.Questions(12))
		have, err := open(t, dir).Digest(context.Background())
		if err != nil || have != c.want {
			t.Errorf("want %s, have %s, %v", c.want, have, err)
		}
		equalFolders(t, readFolder(t, dir), readFolder(t, datasettest.Write(t, c.m, datasettest.Questions(12))))
	}
}

// A site that says it has 0 statistics is as one that says nothing, and lists
// that are nil as empty ones: there is one form.
func TestOneForm(t *testing.T) {
	m, q := datasettest.Manifest(), datasettest.Questions(2)
	m.Controls, m.Templates = nil, nil
	want := readFolder(t, datasettest.Write(t, m, q))
	m.StatsPerRow = map[string]int{"mlp_in": 1, "resid_post": 0}
	m.Controls, m.Templates, m.ShardBytes = []string{}, []dataset.Template{}, dataset.DefaultShardBytes
	m.Questions, m.Rows, m.QuestionsDigest = 7, 7, "set by Create"
	equalFolders(t, want, readFolder(t, datasettest.Write(t, m, q)))
	if m.StatsPerRow["resid_post"] != 0 || len(m.StatsPerRow) != 2 {
		t.Errorf("the caller's map was changed: %v", m.StatsPerRow)
	}
}

func TestEstimate(t *testing.T) {
	for _, m := range []dataset.Manifest{datasettest.Manifest(), sharded()} {
		files := readFolder(t, datasettest.Write(t, m, datasettest.Questions(12)))
		want := 0
		for _, name := range shardNames(files) {
			want += len(files[name])
		}
		size, n, err := dataset.Estimate(m, list(t, datasettest.Questions(12)))
		if err != nil || size != int64(want) || n != len(shardNames(files)) {
			t.Fatalf("want %d bytes in %d files, have %d in %d, %v", want, len(shardNames(files)), size, n, err)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(m *dataset.Manifest, q []dataset.Question)
		want   string
	}{
		{"dtype", func(m *dataset.Manifest, _ []dataset.Question) { m.DType = "f64" }, `dtype: want f32, bf16 or f16, have "f64"`},
		{"dim", func(m *dataset.Manifest, _ []dataset.Question) { m.Dim = 0 }, "dim: want 1 to"},
		{"no layers", func(m *dataset.Manifest, _ []dataset.Question) { m.Layers = nil }, "layers: want 1 to"},
		{"layer order", func(m *dataset.Manifest, _ []dataset.Question) { m.Layers = []int{2, 0} }, "layers[1]: want more than 2, have 0"},
		{"layer range", func(m *dataset.Manifest, _ []dataset.Question) { m.Layers = []int{4} }, "layers[0]: want 0 to 3, have 4"},
		{"site twice", func(m *dataset.Manifest, _ []dataset.Question) { m.Sites = []string{"mlp_in", "mlp_in"} }, "want each site once"},
		{"site name", func(m *dataset.Manifest, _ []dataset.Question) { m.Sites = []string{"mlp.in"} }, "want a name like mlp_in"},
		{"stats site", func(m *dataset.Manifest, _ []dataset.Question) { m.StatsPerRow = map[string]int{"x": 1} }, "stats_per_row"},
		{"arithmetic", func(m *dataset.Manifest, _ []dataset.Question) { m.Arithmetic = "" }, "arithmetic"},
		{"not UTF-8", func(m *dataset.Manifest, _ []dataset.Question) { m.Target = "\xff" }, "canonical form"},
		{"set", func(_ *dataset.Manifest, q []dataset.Question) { q[1].Set = "other" }, `question "q00002": set: want target or control`},
		{"id twice", func(_ *dataset.Manifest, q []dataset.Question) { q[1].ID = q[0].ID }, "want each once"},
		{"no id", func(_ *dataset.Manifest, q []dataset.Question) { q[1].ID = "" }, "id: want a name"},
		{"span", func(_ *dataset.Manifest, q []dataset.Question) { q[0].PromptSpan[0]++ }, "prompt_span"},
		{"span outside", func(_ *dataset.Manifest, q []dataset.Question) { q[0].TextSpan[1] = 1 << 40 }, "text_span"},
		{"token spans", func(_ *dataset.Manifest, q []dataset.Question) { q[0].Spans = q[0].Spans[1:] }, "spans: want one for each"},
		{"row in concept", func(_ *dataset.Manifest, q []dataset.Question) { q[0].Rows[0] = int32(q[0].TokenSpan[0]) }, "rows[0]: want a position from"},
		{"row past prompt", func(_ *dataset.Manifest, q []dataset.Question) { q[0].Rows[0] = 1 << 30 }, "rows[0]: want a position from"},
		{"no rows", func(_ *dataset.Manifest, q []dataset.Question) { q[0].Rows, q[0].Tokens = nil, nil }, "rows: want at least one"},
		{"tokens", func(_ *dataset.Manifest, q []dataset.Question) { q[0].Tokens = nil }, "tokens: want one for each"},
		{"text not UTF-8", func(_ *dataset.Manifest, q []dataset.Question) { q[0].Tokens[0] = "\xe2" }, "want UTF-8 text"},
		{"frame too large", func(m *dataset.Manifest, _ []dataset.Question) {
			m.Dim = 1 << 24
			m.Model.Layers = 200
			m.Layers = seq(200)
		}, "want a frame of at most 4294967295 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, q := datasettest.Manifest(), datasettest.Questions(3)
			c.change(&m, q)
			dir := filepath.Join(t.TempDir(), "d")
			_, err := create(dir, m, q)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("want %q, have %v", c.want, err)
			}
			if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) > 0 {
				t.Fatalf("left behind: %v", entries)
			}
		})
	}
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// create lists the questions, then begins their dataset.
func create(dir string, m dataset.Manifest, q []dataset.Question) (*dataset.Writer, error) {
	l, err := dataset.NewList(dataset.Slice(q))
	if err != nil {
		return nil, err
	}
	return dataset.Create(dir, m, l)
}

// A refused Add writes nothing: the right one can follow.
func TestAddRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	m, q := datasettest.Manifest(), datasettest.Questions(2)
	m.DType = dataset.F16
	dir := filepath.Join(t.TempDir(), "d")
	w, err := dataset.Create(dir, m, list(t, q))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, c := range []struct {
		name   string
		index  int
		change func(map[string]dataset.Block)
		want   string
	}{
		{"order", 1, func(map[string]dataset.Block) {}, "want question 0 of 2, have 1"},
		{"missing site", 0, func(b map[string]dataset.Block) { delete(b, "mlp_in") }, "sites: want 2"},
		{"other site", 0, func(b map[string]dataset.Block) { b["x"] = b["mlp_in"]; delete(b, "mlp_in") }, "have no mlp_in"},
		{"length", 0, func(b map[string]dataset.Block) { b["mlp_in"] = dataset.Block{Data: b["mlp_in"].Data[1:]} }, "mlp_in: want 24 values [3 layers, 1 rows, 8], have 23"},
		{"no stats", 0, func(b map[string]dataset.Block) { b["mlp_in"] = dataset.Block{Data: b["mlp_in"].Data} }, "mlp_in.scale: want 3 values"},
		{"more stats", 0, func(b map[string]dataset.Block) {
			b["resid_post"] = dataset.Block{Data: b["resid_post"].Data, Stats: []float32{1}}
		}, "resid_post: statistics: want none"},
		{"NaN", 0, func(b map[string]dataset.Block) { b["mlp_in"].Data[9] = nan }, "mlp_in: layer 2: row 0: want finite values of f16, have NaN at 1"},
		{"infinity", 0, func(b map[string]dataset.Block) { b["mlp_in"].Stats[2] = inf }, "mlp_in.scale: layer 3: row 0: want finite values of f32, have +Inf at 0"},
		{"f16 overflow", 0, func(b map[string]dataset.Block) { b["resid_post"].Data[0] = 65520 }, "have 65520 at 0"},
	} {
		b := datasettest.Blocks(m, &q[c.index], c.index)
		c.change(b)
		if err := w.Add(c.index, b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, have %v", c.name, c.want, err)
		}
	}
	if err := w.Finish(datasettest.Run()); !errors.Is(err, dataset.ErrUnfinished) {
		t.Errorf("finish: want %v, have %v", dataset.ErrUnfinished, err)
	}
	addFrom(t, w, 0, q)
	if err := w.Add(2, nil); !errors.Is(err, dataset.ErrClosed) {
		t.Errorf("add after finish: want %v, have %v", dataset.ErrClosed, err)
	}
	equalFolders(t, readFolder(t, datasettest.Write(t, m, q)), readFolder(t, dir))
}

// AddAll adds those before the one it refuses, and those after it can follow. All
// together give the bytes of one at a time.
func TestAddAll(t *testing.T) {
	m, q := sharded(), datasettest.Questions(9)
	dir := filepath.Join(t.TempDir(), "d")
	w, err := dataset.Create(dir, m, list(t, q))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var blocks []map[string]dataset.Block
	for i := range q {
		blocks = append(blocks, datasettest.Blocks(m, &q[i], i))
	}
	good := blocks[5]
	blocks[5] = map[string]dataset.Block{}
	if err := w.AddAll(0, blocks[:7]); err == nil || !strings.Contains(err.Error(), `question "q00006": sites: want 2`) || w.Next() != 5 {
		t.Fatalf("want question 5 refused and those before it added, have %d, %v", w.Next(), err)
	}
	blocks[5] = good
	for _, c := range []struct{ from, to int }{{4, 6}, {6, 7}, {5, 10}} {
		more := append(slices.Clone(blocks), good)
		if err := w.AddAll(c.from, more[c.from:c.to]); err == nil || !strings.Contains(err.Error(), "want question 5 of 9") {
			t.Errorf("%v: have %v", c, err)
		}
	}
	if err := errors.Join(w.AddAll(5, nil), w.AddAll(5, blocks[5:])); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(datasettest.Run()); err != nil {
		t.Fatal(err)
	}
	equalFolders(t, readFolder(t, datasettest.Write(t, m, q)), readFolder(t, dir))
}
