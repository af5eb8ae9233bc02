package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// buildVersion says which program this is.
type buildVersion struct {
	Version  string `json:"version"` // module version, "(devel)" for a plain build
	Commit   string `json:"commit"`  // "" when the build was not stamped
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func newVersion(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, commit and Go toolchain",
		Long: `Version prints the module version, the commit the program was built from (with
"modified" when the tree had changes) and the Go toolchain that built it.`,
		Example: `  premlp version
  premlp version --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := readVersion(debug.ReadBuildInfo())
			return e.Result(v, func(w io.Writer) {
				fmt.Fprintf(w, "premlp %s %s/%s\n", v.Version, v.OS, v.Arch)
				commit := v.Commit
				if commit == "" {
					commit = "not stamped"
				} else if v.Modified {
					commit += " (modified)"
				}
				fmt.Fprintf(w, "commit %s\n%s\n", commit, v.Go)
			})
		},
	}
}

func readVersion(info *debug.BuildInfo, ok bool) buildVersion {
	v := buildVersion{Version: "unknown", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
