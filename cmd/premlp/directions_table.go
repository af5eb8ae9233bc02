package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"premlp/collect/direction"
	"premlp/weights"
)

// printDirections writes the table for a reader.
func printDirections(w io.Writer, r *direction.Report, file string) {
	fmt.Fprintf(w, "%s against %d controls: %d questions, %d rows, fitted on %s\n", r.Target, len(r.Controls), r.Questions, r.Rows, r.Level)
	fmt.Fprintf(w, "held out: %d folds of templates × %d groups of controls; %d bootstrap draws, %d of each null, seed %d\n", r.Folds, r.Groups, r.Bootstrap, r.NullDraws, r.Seed)
	fmt.Fprintf(w, "the tokens of the rows alone: AUROC %s; of the whole prompt, which names the concept: %s\n\n", figure(r.Tokens), figure(r.Prompt))
	for i, l := range r.Layers {
		if i == 0 || r.Layers[i-1].Site != l.Site {
			fmt.Fprintf(w, "%-5s %-11s %5s  %-13s %5s  %-23s %-13s %6s  %s\n", "", "", "", "", "", "null: target shuf rand 0", "rank   median", "", l.Site)
			fmt.Fprintf(w, "%-5s %-11s %5s  %-13s %5s  %5s %5s %5s %5s %-13s %6s  %s\n", "layer", "method", "AUROC", "interval", "worst", "", "", "", "", "", "cosine", "verdict")
		}
		for _, m := range l.Methods {
			rank := "-"
			if m.Band != nil {
				rank = fmt.Sprintf("%2d/%-3d %s", m.Band.Rank, m.Band.Of, figure(m.Band.Median))
			}
			fmt.Fprintf(w, "%-5d %-11s %5s  %-13s %5s  %5s %5s %5s %5s %-13s %6s  %s\n", l.Layer, m.Method, figure(m.AUROC),
				figure(m.Low)+" "+figure(m.High), figure(m.Worst), figure(m.Targets.High), figure(m.Shuffled.High),
				figure(l.Random.High), figure(m.Start), rank, figure(m.FoldCosine), m.Verdict.Word+": "+m.Verdict.Why)
		}
	}
	fmt.Fprintln(w)
	printOverLayers(w, r)
	for _, s := range r.Missing {
		fmt.Fprintln(w, "not computed:", s)
	}
	for _, s := range r.Refused {
		fmt.Fprintln(w, "not claimed:", s)
	}
	fmt.Fprintf(w, "wrote %s; %s\n", file, r.Convention)
}

// printOverLayers writes what the nulls reach at the best of all layers: each
// verdict is of one layer alone.
func printOverLayers(w io.Writer, r *direction.Report) {
	for _, o := range r.OverLayers {
		where := "nowhere"
		if len(o.Above) > 0 {
			where = "at layers " + strings.Trim(fmt.Sprint(o.Above), "[]")
		}
		fmt.Fprintf(w, "over all layers: %s %s: 1 in 20 sets of wrong labels reach %s at some layer; the target is above it %s\n", o.Site, o.Method, figure(o.High), where)
	}
}

// figure prints a number of a report.
func figure(f direction.Figure) string {
	if math.IsNaN(float64(f)) {
		return "-"
	}
	return strconv.FormatFloat(float64(f), 'f', 3, 64)
}

// tableWriter gives what writes a report to a .csv or .json file; nil for no file.
func tableWriter(path string) (func(*direction.Report) error, error) {
	var encode func(io.Writer, *direction.Report) error
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case path == "":
		return nil, nil
	case ext == ".csv":
		encode = writeDirectionsCSV
	case ext == ".json":
		encode = func(w io.Writer, r *direction.Report) error { return writeJSON(w, r) }
	default:
		return nil, usagef("--table: want a name that ends in .csv or .json, have %q", path)
	}
	return func(r *direction.Report) error {
		err := weights.ReplaceFile(path, func(w io.Writer) error { return encode(w, r) })
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}, nil
}

// writeDirectionsCSV writes one line for each method, site and layer: the scalar
// fields of direction.MethodReport by their names in JSON.
func writeDirectionsCSV(w io.Writer, r *direction.Report) error {
	c := csv.NewWriter(w)
	columns := []string{
		"method", "failed", "shrinkage", "variance_share", "auroc", "auroc_low", "auroc_high", "auroc_worst", "auroc_stratified",
		"auroc_pooled_rows", "auroc_layer_0", "above_layer_0_low", "above_layer_0_high", "above_tokens_low", "above_tokens_high", "null_method", "fold_cosine", "fold_cosine_least",
	}
	parts := []struct{ key, field string }{
		{"null_random_target_per_template", "p95"}, {"null_shuffled_labels", "p95"}, {"pseudo_targets", "target_rank"},
		{"pseudo_targets", "of"}, {"pseudo_targets", "median"}, {"pseudo_targets", "mean_low"}, {"pseudo_targets", "mean_high"},
		{"verdict", "word"}, {"verdict", "why"},
	}
	head := append([]string{"site", "layer", "null_random_direction_p95"}, columns...)
	for _, p := range parts {
		head = append(head, p.key+"_"+p.field)
	}
	if err := c.Write(head); err != nil {
		return err
	}
	for _, l := range r.Layers {
		for _, m := range l.Methods {
			text, err := json.Marshal(m)
			if err != nil {
				return err
			}
			var v map[string]any
			if err := json.Unmarshal(text, &v); err != nil {
				return err
			}
			line := []string{l.Site, strconv.Itoa(l.Layer), cell(jsonNumber(l.Random.High))}
			for _, k := range columns {
				line = append(line, cell(v[k]))
			}
			for _, p := range parts {
				inner, _ := v[p.key].(map[string]any) // nil where it was not computed
				line = append(line, cell(inner[p.field]))
			}
			if err := c.Write(line); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// jsonNumber is a figure as JSON has it.
func jsonNumber(f direction.Figure) any {
	if math.IsNaN(float64(f)) {
		return nil
	}
	return float64(f)
}

// cell prints a value of a JSON object; what is not there is empty.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
