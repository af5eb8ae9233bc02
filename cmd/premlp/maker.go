package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"premlp/bench"
	"premlp/collect"
	"premlp/collect/dataset"
	"premlp/weights/catalogue"
)

// openMaker opens the model that made a dataset: the one given, else the pulled
// one of the manifest's digest, else the one that run.json's command names. Its
// caller compares digests. The error is a *catalogue.NotPulledError where none was
// given and none is here.
func openMaker(given, dir string) (*collect.Loaded, error) {
	path, err := locateMaker(given, dir)
	if err != nil {
		return nil, err
	}
	return collect.OpenModel(path)
}

func locateMaker(given, dir string) (string, error) {
	if given != "" {
		return catalogue.Locate(given)
	}
	r, err := dataset.Open(dir)
	if err != nil {
		return "", err
	}
	defer r.Close()
	m := r.Manifest().Model
	list, err := catalogue.List()
	if err != nil {
		return "", err
	}
	for _, entry := range list {
		if entry.SHA256 == m.Digest {
			return catalogue.Locate(entry.Name)
		}
	}
	if run, err := r.Run(); err == nil {
		if path, err := catalogue.Locate(modelOf(run.Command)); err == nil {
			return path, nil
		}
	}
	return "", &catalogue.NotPulledError{Name: m.Name, Err: fmt.Errorf("no pulled model has the digest %s; give --model", m.Digest)}
}

// modelOf is what --model named in a command line, "" where it named nothing.
func modelOf(command []string) string {
	if i := slices.Index(command, "--model"); i >= 0 && i+1 < len(command) {
		return command[i+1]
	}
	for _, arg := range command {
		if name, ok := strings.CutPrefix(arg, "--model="); ok {
			return name
		}
	}
	return ""
}

// runInfo says which program runs on which machine.
func runInfo() dataset.RunInfo {
	v := readVersion(debug.ReadBuildInfo())
	return dataset.RunInfo{
		Version: v.Version, Commit: v.Commit, Go: v.Go, OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: bench.CPUName(), Host: hostName(), Command: os.Args,
	}
}
