package bench

import (
	"fmt"
	"io"
)

// JobReport is what measuring a collection job found.
type JobReport struct {
	Measure       string   `json:"measure"` // "job"
	Machine       *Machine `json:"machine"`
	Model         Model    `json:"model"`
	Threads       int      `json:"threads"`
	PrefixSharing bool     `json:"prefix_sharing"`
	Questions     int      `json:"questions"`
	Rows          int64    `json:"rows"` // token positions
	PromptTokens  int64    `json:"prompt_tokens"`
	Tokens        int64    `json:"tokens"` // computed
	Bytes         int64    `json:"bytes"`  // of the rows files
	Load          float64  `json:"load_s"` // once: open the model, pack its weights, prepare the first job
	Prepare       Times    `json:"prepare"`
	Run           Times    `json:"run"`
	Memory        Memory   `json:"memory"`
}

// Print writes the report for a reader.
func (r *JobReport) Print(w io.Writer) {
	r.Machine.Print(w)
	sharing := "prefixes shared"
	if !r.PrefixSharing {
		sharing = "prefixes not shared"
	}
	fmt.Fprintf(w, "\n%d questions to %s, %d threads, %s, %d runs\n", r.Questions, r.Model.Architecture, r.Threads, sharing, r.Run.Runs)
	fmt.Fprintf(w, "  load      %.3f s, once: open, pack the weights, prepare the first job\n", r.Load)
	fmt.Fprintf(w, "  prepare   best %.3f s, median %.3f s, spread %.0f %%\n", r.Prepare.Best, r.Prepare.Median, 100*r.Prepare.Spread)
	fmt.Fprintf(w, "  run       best %.3f s, median %.3f s, spread %.0f %%\n", r.Run.Best, r.Run.Median, 100*r.Run.Spread)
	fmt.Fprintf(w, "  computed  %d tokens for prompts of %d, %.0f a second at the median\n", r.Tokens, r.PromptTokens, float64(r.Tokens)/r.Run.Median)
	fmt.Fprintf(w, "  wrote     %.1f MB: %d token positions\n", float64(r.Bytes)/1e6, r.Rows)
	fmt.Fprintf(w, "  resident  %.1f MB at most\n", float64(r.Memory.Peak)/1e6)
}
