package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"premlp/bench"
)

// benchDocument is what every measurement's document holds.
type benchDocument struct {
	Machine struct {
		Cores int
		Peak  []struct{ Best float64 } `json:"fma_peak_gflops"`
		Read  []struct{ Best float64 } `json:"dram_read_gb_per_s"`
	}
	Rows    json.RawMessage
	Load    float64 `json:"load_s"`
	Run     bench.Times
	Sharing bool  `json:"prefix_sharing"`
	Tokens  int64 `json:"tokens"`
	Prompt  int64 `json:"prompt_tokens"`
}

// runBenchJSON runs a measurement and returns its document, which must also stand
// in the file.
func runBenchJSON(t *testing.T, args ...string) benchDocument {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.json")
	status, stdout, stderr := premlp(t, append(append([]string{"bench"}, args...), "--json", "-o", out, "--threads", "2", "--memory", "1")...)
	if status != exitDone {
		t.Fatalf("%v: status %d: %s", args, status, stderr)
	}
	var d benchDocument
	decodeOne(t, stdout, &d)
	if !bytes.Equal(readFile(t, out), []byte(stdout)) {
		t.Errorf("%v: the file holds another document", args)
	}
	if d.Machine.Cores < 1 || len(d.Machine.Read) != 2 {
		t.Errorf("%v: machine: have %+v", args, d.Machine)
	}
	return d
}

func TestBenchKernels(t *testing.T) {
	d := runBenchJSON(t, "kernels", "--shapes", "4,16,32", "--shapes", "1,8,8", "--runs", "1", "--formats", "f32")
	var rows []bench.KernelRow
	if err := json.Unmarshal(d.Rows, &rows); err != nil || len(rows) != 2 || rows[0].Times.Runs != 1 || rows[1].Cold {
		t.Errorf("have %s, %v", d.Rows, err)
	}
}

func TestBenchForward(t *testing.T) {
	m := tinyModel(t)
	d := runBenchJSON(t, "forward", "--model", m, "--lengths", "3,9", "--prompts", "2", "--runs", "2", "--sites", "mlp_in")
	var rows []bench.ForwardRow
	if err := json.Unmarshal(d.Rows, &rows); err != nil || len(rows) != 2 || rows[1].Length != 9 || rows[1].Prompts != 2 {
		t.Errorf("have %s, %v", d.Rows, err)
	}
	status, stdout, _ := premlp(t, "bench", "forward", "--model", m, "--lengths", "3", "--runs", "1", "--memory", "1")
	if status != exitDone || !strings.Contains(stdout, "tokens/s") {
		t.Errorf("have status %d, %q", status, stdout)
	}
}

// benchJobArgs is a small job.
func benchJobArgs(t *testing.T, command string) []string {
	t.Helper()
	controls := writeFile(t, t.TempDir(), "controls.txt", []byte("Germany\nSpain\n"))
	return []string{command, "--model", tinyModel(t), "--concept", "France", "--controls", controls}
}

func TestBenchJob(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	args := append(benchJobArgs(t, "job"), "--runs", "2")
	shared := runBenchJSON(t, args...)
	if !shared.Sharing || shared.Run.Runs != 2 || shared.Load <= 0 || shared.Tokens >= shared.Prompt {
		t.Errorf("have %+v", shared)
	}
	each := runBenchJSON(t, append(args, "--no-prefix-sharing")...)
	if each.Sharing || each.Tokens != each.Prompt || each.Prompt != shared.Prompt {
		t.Errorf("without sharing: have %+v", each)
	}
	left, err := filepath.Glob(filepath.Join(temporary, "premlp-bench-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("folders left behind: %v, %v", left, err)
	}
	status, stdout, _ := premlp(t, append([]string{"bench", "--quiet"}, append(args, "--memory", "1")...)...)
	if status != exitDone || !strings.Contains(stdout, "15 questions") {
		t.Errorf("have status %d, %q", status, stdout)
	}
}

// A load's processes are stood in for: the test is not the program.
func TestBenchLoad(t *testing.T) {
	m := tinyModel(t)
	status, stdout, stderr := premlp(t, "bench", "load", "--model", m, "--once", "--json")
	var once bench.LoadRun
	if status != exitDone {
		t.Fatal(stderr)
	}
	decodeOne(t, stdout, &once)
	if once.FirstRow <= 0 || once.PackedBytes <= 0 {
		t.Errorf("have %+v", once)
	}
	var out bytes.Buffer
	e := &env{stdout: &out, stderr: &out}
	f := benchLoadFlags{benchFlags: benchFlags{runs: 2, threads: 1, memory: 1}}
	r, err := f.measure(t.Context(), e, m, func(context.Context) (bench.LoadRun, error) { return once, nil })
	if err != nil || r.FirstRow.Runs != 2 || r.Model.Layers != 3 || r.Machine == nil {
		t.Fatalf("have %+v, %v", r, err)
	}
	if err := f.finish(e, r); err != nil || !strings.Contains(out.String(), "first row of one token") {
		t.Errorf("have %s, %v", out.String(), err)
	}
	if _, err := loadProcess(t.Context(), filepath.Join(t.TempDir(), "nosuch"), m, 1); err == nil {
		t.Error("no program: want an error")
	}
}

func TestBenchWorker(t *testing.T) {
	var stdout, stderr bytes.Buffer
	in := strings.NewReader(`{"work":"prefill","tokens":5}
{"work":"job"}
{"work":"job_unshared"}
{"work":"sleep"}
{"work":"prefill","tokens":0}
nonsense
{"work":"prefill","tokens":2}
`)
	if status := run(t.Context(), append([]string{"bench"}, benchJobArgs(t, "worker")...), in, &stdout, &stderr); status != exitDone {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if len(lines) != 8 || lines[0] != `{"ready":true}` {
		t.Fatalf("want 8 lines, have %q", lines)
	}
	var answers []workAnswer
	for _, line := range lines[1:] {
		var a workAnswer
		decodeOne(t, line, &a)
		answers = append(answers, a)
	}
	for i, failed := range []bool{false, false, false, true, true, true, false} {
		if a := answers[i]; (a.Error != "") != failed || (a.Seconds > 0) == failed {
			t.Errorf("answer %d: have %+v", i, a)
		}
	}
	if answers[1].Tokens >= answers[2].Tokens || answers[1].Rows != answers[2].Rows {
		t.Errorf("with and without sharing: have %+v and %+v", answers[1], answers[2])
	}
}

func TestBenchBadUsage(t *testing.T) {
	m := tinyModel(t)
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{}, 2, "command: want one"},
		{[]string{"kernels", "--shapes", "1,2"}, 2, "--shapes: shape: want m,k,n"},
		{[]string{"kernels", "--cold", "x"}, 2, "--cold: shape"},
		{[]string{"kernels", "--formats", "f8"}, 2, `have "f8"`},
		{[]string{"kernels", "--runs", "0"}, 2, "--runs"},
		{[]string{"kernels", "--threads", "0"}, 2, "--threads"},
		{[]string{"kernels", "--memory", "-1"}, 2, "--memory"},
		{[]string{"forward"}, 2, "model"},
		{[]string{"forward", "--model", m, "--lengths", "97"}, 2, "from 1 to 96"},
		{[]string{"forward", "--model", m, "--prompts", "0"}, 2, "--prompts"},
		{[]string{"forward", "--model", m, "--lengths", "3", "--sites", "mlp_mid"}, 2, "--sites: "},
		{[]string{"forward", "--model", "nosuchmodel"}, 1, "nosuchmodel"},
		{[]string{"job", "--model", m, "--concept", "France"}, 2, "controls"},
		{[]string{"load", "--model", "nosuchmodel"}, 1, "nosuchmodel"},
	} {
		status, _, stderr := premlp(t, append([]string{"bench"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want status %d and %q, have %d and %q", c.args, c.status, c.want, status, stderr)
		}
	}
}

// A result that cannot be written is an error before anything is measured.
func TestBenchOutFails(t *testing.T) {
	status, stdout, stderr := premlp(t, "bench", "kernels", "--shapes", "1,2,3", "-o", filepath.Join(t.TempDir(), "no", "such", "folder"))
	if status != exitFailed || stdout != "" || !strings.Contains(stderr, "no such file") {
		t.Errorf("have status %d, %q, %q", status, stdout, stderr)
	}
}

func TestBenchCompare(t *testing.T) {
	dir, m := t.TempDir(), tinyModel(t)
	old, picture := filepath.Join(dir, "old.json"), filepath.Join(dir, "change.svg")
	status, _, stderr := premlp(t, "bench", "forward", "--model", m, "--lengths", "3", "--runs", "6", "--memory", "1", "--sites", "all", "-o", old)
	if status != exitDone {
		t.Fatal(stderr)
	}
	status, stdout, stderr := premlp(t, "bench", "compare", old, old, "--json", "--picture", picture, "--max-slower", "0")
	if status != exitDone {
		t.Fatal(stderr)
	}
	var c bench.Comparison
	decodeOne(t, stdout, &c)
	if c.Measure != "forward" || len(c.Rows) != 2 || c.Rows[0].Old.Interval == nil || c.Rows[0].Change != 0 || c.Old.File != old {
		t.Errorf("have %+v", c)
	}
	if !bytes.Contains(readFile(t, picture), []byte("<svg")) {
		t.Error("want a picture")
	}
	var d map[string]any
	if err := json.Unmarshal(readFile(t, old), &d); err != nil {
		t.Fatal(err)
	}
	times := d["rows"].([]any)[0].(map[string]any)["times"].(map[string]any)
	samples := times["samples_s"].([]any)
	for i := range samples {
		samples[i] = samples[i].(float64)*2 + 1
	}
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	slow := writeFile(t, dir, "slow.json", data)
	status, stdout, stderr = premlp(t, "bench", "compare", old, slow, "--max-slower", "5")
	if status != exitFailed || !strings.Contains(stderr, "want no row slower by more than 5 %, have 1 × 3 tokens by") || !strings.Contains(stdout, "geometric mean") {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	if status, _, stderr = premlp(t, "bench", "compare", slow, old, "--max-slower", "5"); status != exitDone {
		t.Errorf("a faster one: status %d: %s", status, stderr)
	}
	bad := writeFile(t, dir, "bad.json", []byte("{}"))
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{old}, 2, "accepts 2 arg"},
		{[]string{old, bad}, 1, bad + ": result: measure: want one of"},
		{[]string{old, filepath.Join(dir, "nosuch.json")}, 1, "no such file"},
		{[]string{old, old, "--picture", "x.gif"}, 2, "--picture: want a file that ends in"},
		{[]string{old, old, "--max-slower", "-1"}, 2, "--max-slower"},
	} {
		status, _, stderr := premlp(t, append([]string{"bench", "compare"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want status %d and %q, have %d and %q", c.args, c.status, c.want, status, stderr)
		}
	}
}
