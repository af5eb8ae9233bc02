package main

import (
	"os"
	"os/exec"
	"testing"
)

// TestProgram runs the program as its comment says.
func TestProgram(t *testing.T) {
	run := exec.Command("go", "run", ".", "../../../model/testdata/arch/llama")
	run.Stderr = os.Stderr
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	const want = `token 0: |mlp_in.2| = 7.48
token 1: |mlp_in.2| = 7.55
token 2: |mlp_in.2| = 7.38
token 3: |mlp_in.2| = 7.71
`
	if string(out) != want {
		t.Errorf("want\n%shave\n%s", want, out)
	}
}
