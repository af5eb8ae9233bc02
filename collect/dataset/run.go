package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// RunInfo is run.json: who made a dataset, where and when. It determines none
// of the other bytes and is left out when datasets are compared.
type RunInfo struct {
	Version  string    `json:"version"` // of premlp
	Commit   string    `json:"commit"`
	Go       string    `json:"go"`
	OS       string    `json:"os"`
	Arch     string    `json:"arch"`
	CPU      string    `json:"cpu"`
	Host     string    `json:"host"`
	Device   string    `json:"device"`
	Kernel   string    `json:"kernel"`
	Products string    `json:"products,omitempty"` // what computed lossy products on a device
	Threads  int       `json:"threads"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Resumed  int       `json:"resumed"` // the question the last run began with, 0 for a run of one piece
	Tokens   int64     `json:"tokens"`  // computed by the last run
	Command  []string  `json:"command"`
	Warnings []string  `json:"warnings,omitempty"` // of the checks before the model ran
}

const (
	digestLine = ",\n  \"sha256\": \""
	digestEnd  = "\"\n}\n"
)

// encode gives run.json. Its last entry is the sha256 of all bytes before that
// entry, so that the file can be checked by itself.
func (r *RunInfo) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("run.json: %w", err)
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n}\n"))
	sum := sha256.Sum256(body)
	return fmt.Appendf(body, "%s%x%s", digestLine, sum, digestEnd), nil
}

// decodeRun reads a run.json and checks its digest. Keys this version does not
// know are passed over.
func decodeRun(data []byte) (RunInfo, error) {
	body, rest, ok := lastCut(data, []byte(digestLine))
	if !ok {
		return RunInfo{}, fmt.Errorf("run.json: sha256: %w: want a digest at the end, have none", ErrCorrupt)
	}
	sum := sha256.Sum256(body)
	if want := hex.EncodeToString(sum[:]) + digestEnd; string(rest) != want {
		return RunInfo{}, fmt.Errorf("run.json: sha256: %w: want %q, have %q", ErrCorrupt, want, rest[:min(len(rest), 80)])
	}
	var r RunInfo
	if err := json.Unmarshal(data, &r); err != nil {
		return RunInfo{}, fmt.Errorf("run.json: %w: %w", ErrCorrupt, err)
	}
	return r, nil
}

func lastCut(b, sep []byte) (before, after []byte, found bool) {
	i := bytes.LastIndex(b, sep)
	if i < 0 {
		return nil, nil, false
	}
	return b[:i], b[i+len(sep):], true
}
