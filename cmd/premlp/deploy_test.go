package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

const deployFolder = "../../docs/deploy"

// TestDeployKubernetes reads the manifest and parses the arguments of every
// container that runs this program.
func TestDeployKubernetes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(deployFolder, "kubernetes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	containers := 0
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var object struct {
			APIVersion string `yaml:"apiVersion"`
			Kind       string
			Spec       struct {
				Template struct {
					Spec struct {
						Containers []struct {
							Image string
							Args  []string
							Env   []struct{ Name string }
						}
					}
				}
			}
		}
		err := d.Decode(&object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if object.APIVersion == "" || object.Kind == "" {
			t.Errorf("want apiVersion and kind, have %q and %q", object.APIVersion, object.Kind)
		}
		for _, c := range object.Spec.Template.Spec.Containers {
			containers++
			checkCommandLine(t, c.Args)
		}
	}
	if containers != 2 {
		t.Errorf("want a server and a worker, have %d containers", containers)
	}
}

// checkCommandLine refuses a command that is not, and flags that it does not
// have.
func checkCommandLine(t *testing.T, args []string) {
	t.Helper()
	c, rest, err := newRoot(&env{}).Find(args)
	if err == nil && c.HasParent() {
		err = c.ParseFlags(rest)
	} else if err == nil {
		err = errors.New("no such command")
	}
	if err != nil {
		t.Errorf("%q: %v", args, err)
	}
}

// TestDeployFlags finds in the other files, and in the page about them, every
// flag of a line that names one of the job's commands.
func TestDeployFlags(t *testing.T) {
	for _, file := range []string{"slurm.sh", "nats.conf", "Containerfile", "../scaling-out.md"} {
		text, err := os.ReadFile(filepath.Join(deployFolder, file))
		if err != nil {
			t.Fatal(err)
		}
		joined := strings.ReplaceAll(string(text), "\\\n", " ")
		for _, line := range strings.Split(joined, "\n") {
			m := regexp.MustCompile(`(?i)premlp"? (submit|worker|jobs|merge|queue-server|queue-key)\b(.*)`).FindStringSubmatch(line)
			if m == nil {
				continue
			}
			c, _, err := newRoot(&env{}).Find(m[1:2])
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			known := map[string]bool{"help": true}
			for _, flags := range []*pflag.FlagSet{c.Flags(), c.InheritedFlags()} {
				flags.VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
			}
			for _, f := range regexp.MustCompile(` --([a-z-]+)`).FindAllStringSubmatch(m[2], -1) {
				if !known[f[1]] {
					t.Errorf("%s: %s has no flag --%s", file, m[1], f[1])
				}
			}
		}
	}
}

func TestDeploySlurm(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	if out, err := exec.Command(bash, "-n", filepath.Join(deployFolder, "slurm.sh")).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
