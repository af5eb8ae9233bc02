package gpu

import (
	"fmt"
	"regexp"
)

var (
	entry     = regexp.MustCompile(`(?s)\.entry\s+(\w+)\s*\((.*?)\)`)
	parameter = regexp.MustCompile(`\.param\s+\.(\w+)`)
)

// signatures returns the types of each kernel's parameters in a PTX text, as u64.
func signatures(text string) map[string][]string {
	all := map[string][]string{}
	for _, e := range entry.FindAllStringSubmatch(text, -1) {
		types := []string{}
		for _, p := range parameter.FindAllStringSubmatch(e[2], -1) {
			types = append(types, p[1])
		}
		all[e[1]] = types
	}
	return all
}

// checkArguments says which argument a kernel cannot take.
func checkArguments(kernel string, types []string, args []Arg) error {
	if len(args) != len(types) {
		return fmt.Errorf("kernel %s: want %d arguments, have %d", kernel, len(types), len(args))
	}
	for i, a := range args {
		if a.ptx != types[i] {
			return fmt.Errorf("kernel %s: argument %d: want %s, have %s", kernel, i, types[i], a)
		}
	}
	return nil
}
