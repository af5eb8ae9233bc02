package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"premlp/collect"
	"premlp/collect/dataset"
)

// collectReport is the result of collect.
type collectReport struct {
	*collect.Summary
	DryRun     bool              `json:"dry_run"`
	Given      string            `json:"given"` // what --model named
	Model      string            `json:"model"` // what the checkpoint calls itself
	Chat       bool              `json:"chat"`
	Sites      []string          `json:"sites"`
	Layers     int               `json:"layers"`
	Dim        int               `json:"dim"`
	DType      dataset.DType     `json:"dtype"`
	Bytes      int64             `json:"bytes"` // of the rows files
	Arithmetic string            `json:"arithmetic"`
	Products   string            `json:"products,omitempty"` // what computes lossy products on a device
	Findings   []collect.Finding `json:"findings"`
	// Of a dry run.
	EstimatedSeconds float64           `json:"estimated_seconds,omitempty"`
	EstimatedTokens  int64             `json:"estimated_tokens,omitempty"` // computed
	Plan             []plannedQuestion `json:"plan,omitempty"`

	planTokens int // of all prompts
}

// newCollectReport fills what is known before the run.
func newCollectReport(f collectFlags, p *collect.Plan) *collectReport {
	m := p.Manifest
	return &collectReport{
		DryRun: f.dryRun, Given: f.model, Model: m.Model.Name, Chat: m.Chat.Used, Sites: m.Sites, Layers: len(m.Layers),
		Dim: m.Dim, DType: m.DType, Bytes: p.Bytes, Arithmetic: m.Arithmetic, Products: p.Products(), Findings: p.Findings,
		planTokens: p.Tokens,
	}
}

// plan estimates what a dry run's plan would take, and shows its questions: in
// the document with --json, else on stdout, one by one, as there may be many.
func (r *collectReport) plan(ctx context.Context, e *env, plan *collect.Plan) error {
	estimate, err := plan.Estimate(ctx)
	if err != nil {
		return err
	}
	r.EstimatedSeconds, r.EstimatedTokens = estimate.Seconds, estimate.Tokens
	if e.json {
		return planned(plan, func(q plannedQuestion) { r.Plan = append(r.Plan, q) })
	}
	out := &firstError{w: e.stdout}
	w := &planWriter{w: out, colour: wantsColour(e.stdout), prefix: plan.Prefix()}
	w.begin()
	return errors.Join(planned(plan, w.question), out.err)
}

// print writes the report for a reader.
func (r *collectReport) print(w io.Writer) {
	form := "raw questions"
	if r.Chat {
		form = "chat form"
	}
	switch {
	case r.DryRun:
		fmt.Fprintf(w, "would make %s\n", orDash(r.Dir))
	case r.Resumed == r.Questions:
		fmt.Fprintf(w, "%s is made already\n", r.Dir)
	default:
		fmt.Fprintf(w, "made %s in %.1f s\n", r.Dir, r.Seconds)
	}
	fmt.Fprintf(w, "  model       %s (%s), %s, arithmetic %s\n", r.Given, r.Model, form, r.Arithmetic)
	fmt.Fprintf(w, "  questions   %d: %d target, %d control\n", r.Questions, r.Target, r.Control)
	fmt.Fprintf(w, "  rows        %d token positions (%d target, %d control) × %d layers × %s, %d values of %s each\n",
		r.Rows, r.TargetRows, r.ControlRows, r.Layers, strings.Join(r.Sites, ", "), r.Dim, r.DType)
	fmt.Fprintf(w, "  rows files  %s\n", formatBytes(r.Bytes))
	if r.DryRun {
		fmt.Fprintf(w, "  time        about %.1f s: %d tokens to compute for prompts of %d\n", r.EstimatedSeconds, r.EstimatedTokens, r.planTokens)
	}
	if r.Tokens > 0 {
		fmt.Fprintf(w, "  computed    %d tokens for prompts of %d, %.0f per second\n", r.Tokens, r.PromptTokens, float64(r.Tokens)/r.Seconds)
	}
}
