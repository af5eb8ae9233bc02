package dataset_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"premlp/collect/dataset"
	"premlp/collect/dataset/datasettest"
)

// tiny is a dataset of few bytes, so that the fuzzer's changes hit something.
func tiny(t testing.TB) (dataset.Manifest, []dataset.Question, map[string][]byte) {
	m, q := datasettest.Manifest(), datasettest.Questions(2)
	m.Dim = 2
	return m, q, readFolder(t, datasettest.Write(t, m, q))
}

// Run these with -fuzzminimizetime=10x: with the default of a minute Go spends
// all its time making one interesting input shorter.

// FuzzReader opens, verifies and reads any four files. With reseal, checksums
// and digests are made right first, as a hostile writer would. Unchanged files
// must pass; nothing may panic.
func FuzzReader(f *testing.F) {
	m, q, files := tiny(f)
	m.DType, m.ShardBytes = dataset.F16, 1
	for _, files := range []map[string][]byte{files, readFolder(f, datasettest.Write(f, m, q))} {
		for _, reseal := range []bool{false, true} {
			f.Add(files["manifest.json"], files["questions.jsonl"], files["rows-00000.msgpack"], files["run.json"], reseal)
			f.Add(files["manifest.json"], files["questions.jsonl"], files["rows-00000.msgpack"][:100], []byte("{}"), reseal)
		}
	}
	dir := filepath.Join(f.TempDir(), "d") // each worker has its own
	f.Fuzz(func(t *testing.T, manifest, questions, rows, run []byte, reseal bool) {
		rows = bytes.Clone(rows)
		if reseal {
			if err := dataset.Reseal(manifest, questions, [][]byte{rows}); err != nil {
				return
			}
		}
		writeFolder(t, dir, map[string][]byte{
			"manifest.json": manifest, "questions.jsonl": questions, "rows-00000.msgpack": rows, "run.json": run,
		})
		_ = check(dir)
	})
}

// FuzzResume resumes onto any rows file: what comes out is always the same.
func FuzzResume(f *testing.F) {
	m, q, files := tiny(f)
	rows := files["rows-00000.msgpack"]
	f.Add(rows)
	f.Add(rows[:len(rows)/2])
	f.Add(append(bytes.Clone(rows), 0))
	f.Add([]byte{})
	dir := filepath.Join(f.TempDir(), "d")
	f.Fuzz(func(t *testing.T, rows []byte) {
		part := cutAt(files, 0)
		part["rows-00000.msgpack"] = rows
		resumeTo(t, dir, m, q, part, files)
	})
}
