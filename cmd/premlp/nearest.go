package main

import (
	"fmt"
	"strings"

	"premlp/weights/catalogue"
)

// mostNearest is how many names a hint has.
const mostNearest = 3

// nearest is what an error about a name that is not among those there are ends
// with: the closest of them, or where none is close all, if they are few, or how
// they go.
func nearest(name string, names []string) string {
	near := catalogue.Near(name, names)
	switch {
	case len(names) == 0:
		return "there is none"
	case len(near) < len(names) || len(names) <= mostNearest:
		near = near[:min(len(near), mostNearest)]
		return "nearest: " + strings.Join(near, ", ")
	case len(names) <= 12:
		return "want one of " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("want one of %d names, from %s to %s", len(names), names[0], names[len(names)-1])
}
