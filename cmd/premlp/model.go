package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"premlp/collect"
	"premlp/layers"
	"premlp/model"
	"premlp/weights/catalogue"
)

// openModel opens what --model names: a path, or a model of the catalogue.
func openModel(name string) (*model.Model, error) {
	path, err := catalogue.Locate(name)
	if err != nil {
		return nil, err
	}
	return model.Open(path)
}

// loadModel opens what --model names with its tokenizer and chat template, and says
// from where.
func loadModel(e *env, name string) (*collect.Loaded, error) {
	path, err := catalogue.Locate(name)
	if err != nil {
		return nil, err
	}
	e.Notef("loading %s", path)
	return collect.OpenModel(path)
}

// loadNamed is loadModel of work whose result is a finding: it says which model, and
// what the one in the program is for.
func loadNamed(e *env, name string) (*collect.Loaded, error) {
	path, err := catalogue.Locate(name)
	if err != nil {
		return nil, err
	}
	e.Notef("model %s: loading %s", name, path)
	noteEmbedded(e, name)
	return collect.OpenModel(path)
}

// noteEmbedded says what the model in the program is for, if name is it: nobody
// is to take its directions for findings about language models.
func noteEmbedded(e *env, name string) {
	if entry, ok := catalogue.Lookup(name); ok && entry.Embedded() {
		e.Notef("%s is part of this program and made to show it at work; for findings take a real model, as smollm2-135m", name)
	}
}

// promptForm is the form of a job's prompts by the flags of those names.
func promptForm(c *cobra.Command, l *collect.Loaded, date string, noChat bool, system *string) (collect.Job, error) {
	var j collect.Job
	var err error
	if j.Now, err = parseDay(date); err != nil {
		return j, err
	}
	if !noChat {
		j.Chat = l.Chat
	}
	if c.Flags().Changed("system") {
		if j.Chat == nil {
			return j, usagef("--system: the model has no chat template")
		}
		j.System = system
	}
	return j, nil
}

// parseDay reads --date, now for "".
func parseDay(date string) (time.Time, error) {
	if date == "" {
		return time.Now(), nil
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return day, usagef("--date: want YYYY-MM-DD, have %q", date)
	}
	return day, nil
}

// addThreads adds the --threads flag.
func addThreads(c *cobra.Command, threads *int) {
	c.Flags().IntVar(threads, "threads", runtime.GOMAXPROCS(0), "threads to use; the result does not depend on it")
}

// require marks flags without which a command is wrong usage.
func require(c *cobra.Command, names ...string) {
	for _, n := range names {
		if err := c.MarkFlagRequired(n); err != nil {
			panic(err) // the flag is not defined: a slip in this program
		}
	}
}

// parseSites reads --sites: site names that the model has, or "all".
func parseSites(names []string, has []model.Site) ([]model.Site, error) {
	if slices.Equal(names, []string{"all"}) {
		return has, nil
	}
	var sites []model.Site
	for _, n := range names {
		s, err := layers.ParseSite(strings.TrimSpace(n))
		switch {
		case err != nil:
			return nil, usagef("--sites: %w; %s", err, nearestSite(n, has))
		case slices.Contains(sites, s):
			return nil, usagef("--sites: %s is given twice", s)
		}
		sites = append(sites, s)
	}
	return sites, nil
}

// nearestSite is nearest of a model's sites.
func nearestSite(name string, has []model.Site) string {
	var names []string
	for _, site := range has {
		names = append(names, string(site))
	}
	return nearest(name, names)
}

// nearestLayer names the last layer where one behind it was asked for.
func nearestLayer(text string, count int) string {
	if n, err := strconv.Atoi(text); err == nil && n >= count {
		return fmt.Sprintf("; nearest: %d", count-1)
	}
	return ""
}

// parseLayers reads --layers: numbers and ranges such as 0-3,29; empty means
// all. The result is ascending.
func parseLayers(text string, count int) ([]int, error) {
	var list []int
	if text == "" {
		text = "0-" + strconv.Itoa(count-1)
	}
	for _, part := range strings.Split(text, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			high = low
		}
		from, errFrom := strconv.Atoi(low)
		to, errTo := strconv.Atoi(high)
		if errFrom != nil || errTo != nil || from < 0 || from > to || to >= count {
			return nil, usagef("--layers: want numbers or ranges from 0 to %d, have %q%s", count-1, part, nearestLayer(high, count))
		}
		for i := from; i <= to; i++ {
			list = append(list, i)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
