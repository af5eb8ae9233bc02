package main

import (
	"fmt"
	"io"
	"os"

	"premlp/collect/export"
)

// mostLayers is above the layers of every model there is.
const mostLayers = 1000

// runControlVector writes directions for llama.cpp.
func runControlVector(e *env, from string, f exportFlags) error {
	o := export.ControlVectorOptions{Method: f.method, Site: f.site}
	if info, err := os.Stat(from); err == nil && info.IsDir() {
		return usagef("--to %s: want a file of premlp directions, have the folder %s", export.ControlVector, from)
	}
	if f.layers != "" {
		var err error
		if o.Layers, err = parseLayers(f.layers, mostLayers); err != nil {
			return err
		}
	}
	s, err := export.WriteControlVector(from, f.out, o)
	if err != nil {
		return err
	}
	return e.Result(s, func(w io.Writer) { printControlVector(w, s) })
}

func printControlVector(w io.Writer, s *export.ControlVectorSummary) {
	fmt.Fprintf(w, "%s: %s, %s\n", s.Path, s.Form, formatBytes(s.Bytes))
	fmt.Fprintf(w, "direction of %s by %s at %s of layers %v, %d values each; a scale of 1 adds the difference of the means\n",
		orDash(s.Target), s.Method, s.Site, s.Layers, s.Dim)
	for _, x := range s.LeftOut {
		fmt.Fprintln(w, "left out:", x)
	}
}
